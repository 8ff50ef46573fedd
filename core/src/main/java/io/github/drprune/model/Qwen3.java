package io.github.drprune.model;

import static io.github.drprune.model.TensorRole.KEY;
import static io.github.drprune.model.TensorRole.QUERY;
import static io.github.drprune.model.TensorRole.VALUE;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;

/** Qwen3 (arXiv 2505.09388): queries and keys are normalised, heads have a size of their own. */
record Qwen3() implements ModelFamily {
  @Override
  public String modelType() {
    return "qwen3";
  }

  @Override
  public List<TensorName> tensors() {
    return TensorName.QWEN3;
  }

  @Override
  public ModelSpec read(ConfigReader config) {
    return config
        .gated(this, config.integer("head_dim", 128))
        .biased(config.attentionBiases())
        .attention(attention -> Qwen2.windowed(config, attention))
        .build();
  }

  @Override
  public void write(ModelSpec spec, ObjectNode json) {
    ConfigWriter.attentionByLayer(spec, json);
  }

  @Override
  public LlamaCpp llamaCpp() {
    return LlamaCpp.of("qwen3", Set.of(QUERY, KEY, VALUE));
  }

  @Override
  public void writeDefaults(ObjectNode json) {
    ConfigWriter.gated(json, "Qwen3ForCausalLM", 1e-6, 1_000_000);
    ConfigWriter.ownHeadDim(json);
    json.put("use_sliding_window", false);
  }
}
