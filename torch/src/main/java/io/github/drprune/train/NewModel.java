package io.github.drprune.train;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.drprune.config.ShapeConfig;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelConfig;
import io.github.drprune.tokenizer.Tokenizer;

/** The configuration of a model to train from scratch. */
final class NewModel {
  private NewModel() {}

  /**
   * The usual member of the family in that shape.
   *
   * @param seqLen the most positions it is to see
   */
  static ModelConfig config(ShapeConfig shape, int seqLen) {
    var json = JsonNodeFactory.instance.objectNode();
    try (var tokenizer = Tokenizer.load(shape.tokenizer())) {
      json.put("vocab_size", tokenizer.size());
      if (tokenizer.marks().bos() != null) {
        json.put("bos_token_id", tokenizer.marks().bos());
      }
      if (tokenizer.marks().eos() != null) {
        json.put("eos_token_id", tokenizer.marks().eos());
      }
    }
    json.put("hidden_size", shape.hiddenSize());
    json.put("num_hidden_layers", shape.layers());
    json.put("num_attention_heads", shape.heads());
    json.put("intermediate_size", shape.intermediateSize());
    json.put("max_position_embeddings", seqLen);
    json.put("tie_word_embeddings", shape.tiedEmbedding());
    json.put("initializer_range", 0.02);
    switch (shape.family()) {
      case LLAMA -> {
        json.put("model_type", "llama");
        json.putArray("architectures").add("LlamaForCausalLM");
        json.put("hidden_act", "silu");
        json.put("rms_norm_eps", 1e-5);
        json.put("rope_theta", 10000.0);
      }
      case QWEN2 -> {
        json.put("model_type", "qwen2");
        json.putArray("architectures").add("Qwen2ForCausalLM");
        json.put("hidden_act", "silu");
        json.put("rms_norm_eps", 1e-6);
        json.put("rope_theta", 1000000.0);
        json.put("use_sliding_window", false);
      }
      case GPT_NEOX -> {
        json.put("model_type", "gpt_neox");
        json.putArray("architectures").add("GPTNeoXForCausalLM");
        json.put("hidden_act", "gelu");
        json.put("layer_norm_eps", 1e-5);
        json.put("rotary_pct", 0.25);
        json.put("use_parallel_residual", true);
      }
    }
    if (shape.family() != ShapeConfig.Family.GPT_NEOX) {
      json.put("num_key_value_heads", shape.kvHeads().orElse(shape.heads()));
    }
    return ConfigReader.parse(json.toString(), "shape");
  }
}
