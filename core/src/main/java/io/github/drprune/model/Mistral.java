package io.github.drprune.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;

/** Mistral (arXiv 2310.06825) without a sliding window: Llama with a head dim of its own. */
record Mistral() implements ModelFamily {
  @Override
  public String modelType() {
    return "mistral";
  }

  @Override
  public List<TensorName> tensors() {
    return TensorName.LLAMA;
  }

  @Override
  public ModelSpec read(ConfigReader config) {
    config.refuseWhenPresent("sliding_window", "sliding windows");
    config.refuseOtherLayerTypes();
    return config.gated(this, Set.of());
  }

  @Override
  public void write(ModelSpec spec, ObjectNode json) {
    ConfigWriter.attention(spec, json);
  }

  @Override
  public void writeDefaults(ObjectNode json) {
    ConfigWriter.gated(json, "MistralForCausalLM", 1e-5, 10_000);
    json.putNull("sliding_window");
  }
}
