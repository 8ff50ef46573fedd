package io.github.drprune.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.OptionalInt;

/** Mistral (arXiv 2310.06825): Llama with a head dim of its own and, in some, a window. */
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
    OptionalInt window = config.window(4096);
    LayerTypes.refuseMixed(config, window.isPresent());
    return config
        .gated(this)
        .attention(a -> LayerTypes.windowed(a, window, _ -> window.isPresent()))
        .build();
  }

  @Override
  public LlamaCpp llamaCpp() {
    return LlamaCpp.llama();
  }

  @Override
  public void writeDefaults(ObjectNode json) {
    ConfigWriter.gated(json, "MistralForCausalLM", 1e-5, 10_000);
    json.putNull("sliding_window");
  }
}
