package io.github.drprune.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.model.LlamaCpp.Trait;
import java.util.List;
import java.util.OptionalDouble;

/** Granite 3: Llama with four multipliers. */
record Granite() implements ModelFamily {
  @Override
  public String modelType() {
    return "granite";
  }

  @Override
  public List<TensorName> tensors() {
    return TensorName.LLAMA;
  }

  @Override
  public ModelSpec read(ConfigReader config) {
    LayerTypes.refuseSliding(config);
    double scale = config.positive("attention_multiplier", 1.0);
    return config
        .gated(this)
        .biased(config.biases())
        .attention(attention -> attention.scored(scale, OptionalDouble.empty()))
        .multipliers(
            new Multipliers(
                config.positive("embedding_multiplier", 1.0),
                false,
                config.positive("residual_multiplier", 1.0),
                1 / config.positive("logits_scaling", 1.0),
                OptionalDouble.empty()))
        .build();
  }

  @Override
  public LlamaCpp llamaCpp() {
    return LlamaCpp.of(
        "granite",
        TensorRole.ALL_LINEAR,
        Trait.TURNS_NEIGHBOURS,
        Trait.FREQUENCY_FACTORS,
        Trait.LONG_ROPE,
        Trait.SCALE_OF_SCORES);
  }

  @Override
  public void writeDefaults(ObjectNode json) {
    ConfigWriter.gated(json, "GraniteForCausalLM", 1e-5, 10_000);
    ConfigWriter.ownHeadDim(json);
    json.put("attention_multiplier", 1 / Math.sqrt(json.get("head_dim").asInt()));
    json.put("embedding_multiplier", 12.0);
    json.put("residual_multiplier", 0.22);
    json.put("logits_scaling", 8.0);
  }
}
