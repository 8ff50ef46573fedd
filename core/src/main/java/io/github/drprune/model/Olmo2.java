package io.github.drprune.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.model.LlamaCpp.Trait;
import java.util.List;
import java.util.Set;

/**
 * OLMo 2 (arXiv 2501.00656): norms after attention and MLP instead of before, and over the queries
 * and the keys of all heads together.
 */
record Olmo2() implements ModelFamily {
  @Override
  public String modelType() {
    return "olmo2";
  }

  @Override
  public List<TensorName> tensors() {
    return TensorName.OLMO2;
  }

  @Override
  public List<SizeRule> sizeRules(ModelSpec spec) {
    return SizeRule.HEADS_FILL_HIDDEN_IN_LLAMA_CPP;
  }

  @Override
  public ModelSpec read(ConfigReader config) {
    LayerTypes.refuseSliding(config);
    return config
        .gated(this)
        .norm(NormSpec.rms(config.number("rms_norm_eps", 1e-5)))
        .biased(config.attentionBiases())
        .build();
  }

  @Override
  public LlamaCpp llamaCpp() {
    return olmo2();
  }

  /** OLMo 3 has the same. */
  static LlamaCpp olmo2() {
    return LlamaCpp.of("olmo2", Set.of(), Trait.HEAD_STORED, Trait.WINDOWS, Trait.WINDOWS_UNSCALED);
  }

  @Override
  public void writeDefaults(ObjectNode json) {
    ConfigWriter.gated(json, "Olmo2ForCausalLM", 1e-6, 500_000);
  }
}
