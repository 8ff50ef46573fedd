package io.github.drprune.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.OptionalInt;

/** Phi-3 and Phi-4 (arXiv 2404.14219): Llama with fused matrices; parts of heads may turn. */
record Phi3() implements ModelFamily {
  @Override
  public String modelType() {
    return "phi3";
  }

  @Override
  public List<TensorName> tensors() {
    return TensorName.PHI3;
  }

  @Override
  public ModelSpec read(ConfigReader config) {
    OptionalInt window = config.window(null);
    LayerTypes.refuseMixed(config, window.isPresent());
    return config
        .gated(this)
        .norm(NormSpec.rms(config.number("rms_norm_eps", 1e-5)))
        .attention(a -> LayerTypes.windowed(a, window, _ -> window.isPresent()))
        .build();
  }

  @Override
  public void write(ModelSpec spec, ObjectNode json) {
    ConfigWriter.attention(spec, json);
  }

  @Override
  public void writeDefaults(ObjectNode json) {
    ConfigWriter.gated(json, "Phi3ForCausalLM", 1e-5, 10_000);
    json.putNull("sliding_window");
  }
}
