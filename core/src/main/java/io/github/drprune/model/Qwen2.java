package io.github.drprune.model;

import static io.github.drprune.model.TensorRole.KEY;
import static io.github.drprune.model.TensorRole.QUERY;
import static io.github.drprune.model.TensorRole.VALUE;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** Qwen2 and Qwen2.5 (arXiv 2407.10671): Llama with a bias on queries, keys and values. */
record Qwen2() implements ModelFamily {
  @Override
  public String modelType() {
    return "qwen2";
  }

  @Override
  public List<TensorName> tensors() {
    return TensorName.LLAMA;
  }

  @Override
  public List<SizeRule> sizeRules(ModelSpec spec) {
    return SizeRule.HEADS_FILL_HIDDEN_IN_LLAMA_CPP;
  }

  @Override
  public ModelSpec read(ConfigReader config) {
    return config
        .gated(this)
        .biased(Set.of(QUERY, KEY, VALUE))
        .attention(attention -> windowed(config, attention))
        .build();
  }

  /** With {@code use_sliding_window}, a window from layer {@code max_window_layers} on. */
  static AttentionSpec windowed(ConfigReader config, AttentionSpec attention) {
    OptionalInt window =
        config.flag("use_sliding_window", false) ? config.window(4096) : OptionalInt.empty();
    int first = config.json().path("max_window_layers").asInt(28);
    return LayerTypes.windowed(
        attention,
        window,
        LayerTypes.sliding(config, layer -> window.isPresent() && layer >= first));
  }

  @Override
  public void write(ModelSpec spec, ObjectNode json) {
    ConfigWriter.attention(spec, json);
    LayerTypes.write(spec, json);
  }

  @Override
  public LlamaCpp llamaCpp() {
    return LlamaCpp.of("qwen2", Set.of(QUERY, KEY, VALUE));
  }

  @Override
  public void writeDefaults(ObjectNode json) {
    ConfigWriter.gated(json, "Qwen2ForCausalLM", 1e-6, 1_000_000);
    json.put("use_sliding_window", false);
  }
}
