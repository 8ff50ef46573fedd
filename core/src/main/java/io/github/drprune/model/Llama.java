package io.github.drprune.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Llama 1 to 3.x (arXiv 2302.13971, 2407.21783). */
record Llama() implements ModelFamily {
  @Override
  public String modelType() {
    return "llama";
  }

  @Override
  public List<TensorName> tensors() {
    return TensorName.LLAMA;
  }

  @Override
  public List<SizeRule> sizeRules(ModelSpec spec) {
    return SizeRule.HEADS_DIVIDE_HIDDEN_IN_TRANSFORMERS;
  }

  @Override
  public ModelSpec read(ConfigReader config) {
    config.refuseWhenPresent("sliding_window", "sliding windows");
    LayerTypes.refuseSliding(config);
    return config.gated(this).biased(config.biases()).build();
  }

  @Override
  public LlamaCpp llamaCpp() {
    return LlamaCpp.llama();
  }

  @Override
  public void writeDefaults(ObjectNode json) {
    ConfigWriter.gated(json, "LlamaForCausalLM", 1e-5, 10_000);
  }
}
