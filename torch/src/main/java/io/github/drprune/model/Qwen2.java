package io.github.drprune.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.model.ModelConfig.Biases;

/** Qwen2 and Qwen2.5 (arXiv 2407.10671): Llama with a bias on queries, keys and values. */
record Qwen2() implements Family {
  private static final Llama LLAMA = new Llama();

  @Override
  public String modelType() {
    return "qwen2";
  }

  @Override
  public ModelConfig read(ConfigReader config) {
    config.refuseWhenTrue("use_sliding_window", "sliding windows");
    config.refuseOtherLayerTypes();
    return Llama.read(this, config, new Biases(true, false, false));
  }

  @Override
  public void write(ModelConfig config, ObjectNode json) {
    LLAMA.write(config, json);
    // Counts layers, so a cut model must not keep a larger one.
    if (json.has("max_window_layers")) {
      json.put("max_window_layers", config.layers());
    }
  }

  @Override
  public void check(ModelConfig config) {}

  @Override
  public boolean isBuffer(String name) {
    return LLAMA.isBuffer(name);
  }

  @Override
  public ModelParts assemble(ModelParts.Builder builder) {
    return Llama.assembleGated(builder);
  }
}
