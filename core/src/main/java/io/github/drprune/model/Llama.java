package io.github.drprune.model;

import static io.github.drprune.model.TensorRole.ATTENTION_OUTPUT;
import static io.github.drprune.model.TensorRole.DOWN;
import static io.github.drprune.model.TensorRole.GATE;
import static io.github.drprune.model.TensorRole.KEY;
import static io.github.drprune.model.TensorRole.QUERY;
import static io.github.drprune.model.TensorRole.UP;
import static io.github.drprune.model.TensorRole.VALUE;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

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
  public List<SizeRule> sizeRules() {
    return List.of(
        new SizeRule(SizeRule.Reader.TRANSFORMERS, SizeRule.Relation.HIDDEN_MULTIPLE_OF_HEADS));
  }

  @Override
  public ModelSpec read(ConfigReader config) {
    config.refuseWhenPresent("sliding_window", "sliding windows");
    config.refuseOtherLayerTypes();
    Set<TensorRole> biased = EnumSet.noneOf(TensorRole.class);
    if (config.flag("attention_bias", false)) {
      biased.addAll(List.of(QUERY, KEY, VALUE, ATTENTION_OUTPUT));
    }
    if (config.flag("mlp_bias", false)) {
      biased.addAll(List.of(GATE, UP, DOWN));
    }
    return config.gated(this, biased);
  }

  @Override
  public void write(ModelSpec spec, ObjectNode json) {
    ConfigWriter.attention(spec, json);
  }

  @Override
  public void writeDefaults(ObjectNode json) {
    ConfigWriter.gated(json, "LlamaForCausalLM", 1e-5, 10_000);
  }
}
