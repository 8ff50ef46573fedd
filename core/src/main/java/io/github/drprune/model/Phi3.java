package io.github.drprune.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

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

  /** To check the factors of LongRoPE, transformers takes hidden size / heads for the head dim. */
  @Override
  public List<SizeRule> sizeRules(ModelSpec spec) {
    boolean longRope =
        spec.attention().layers().stream()
            .flatMap(layer -> layer.rotary().stream())
            .anyMatch(rotary -> rotary.scaling() instanceof RotarySpec.Scaling.LongRope);
    return longRope
        ? Stream.concat(
                Stream.of(
                    new SizeRule(
                        SizeRule.Reader.TRANSFORMERS,
                        SizeRule.Relation.HIDDEN_EQUALS_HEADS_BY_HEAD_DIM)),
                SizeRule.HEADS_FILL_HIDDEN_IN_LLAMA_CPP.stream())
            .toList()
        : SizeRule.HEADS_FILL_HIDDEN_IN_LLAMA_CPP;
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
  public LlamaCpp llamaCpp() {
    return LlamaCpp.of("phi3", Set.of(), LlamaCpp.Trait.LONG_ROPE);
  }

  @Override
  public void writeDefaults(ObjectNode json) {
    ConfigWriter.gated(json, "Phi3ForCausalLM", 1e-5, 10_000);
    json.putNull("sliding_window");
    json.putNull("pad_token_id"); // the default of readers is one of a large vocabulary
  }
}
