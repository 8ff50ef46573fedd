package io.github.drprune.model;

import static io.github.drprune.model.TensorRole.ATTENTION_OUTPUT;
import static io.github.drprune.model.TensorRole.DOWN;
import static io.github.drprune.model.TensorRole.QUERY_KEY_VALUE_BY_HEAD;
import static io.github.drprune.model.TensorRole.UP;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.model.LlamaCpp.Trait;
import java.util.List;
import java.util.Set;

/** GPT-NeoX and Pythia (arXiv 2204.06745, 2304.01373). */
record GptNeox() implements ModelFamily {
  @Override
  public String modelType() {
    return "gpt_neox";
  }

  @Override
  public List<TensorName> tensors() {
    return TensorName.GPT_NEOX;
  }

  @Override
  public ModelSpec read(ConfigReader config) {
    int headDim = config.dividedHeadDim();
    return config
        .spec(this, config.shape(config.integer("num_attention_heads", null)), headDim)
        .biased(
            config.flag("attention_bias", true)
                ? Set.of(QUERY_KEY_VALUE_BY_HEAD, ATTENTION_OUTPUT, UP, DOWN)
                : Set.of(UP, DOWN))
        .activation(config.activation("hidden_act", "gelu"))
        .parallelResidual(config.flag("use_parallel_residual", true))
        .norm(new NormSpec(NormSpec.Kind.LAYER, config.number("layer_norm_eps", 1e-5), false))
        .rotary(
            RotaryReader.of(config, headDim, LayerTypes.FULL)
                .base("rotary_emb_base", 10_000)
                .share("rotary_pct", 0.25)
                .read())
        .build();
  }

  @Override
  public void write(ModelSpec spec, ObjectNode json) {}

  @Override
  public LlamaCpp llamaCpp() {
    return new LlamaCpp(
        "gptneox",
        Set.of(QUERY_KEY_VALUE_BY_HEAD, ATTENTION_OUTPUT, UP, DOWN),
        Activation.GELU,
        Set.of(Trait.BIASES_NEEDED, Trait.HEAD_STORED));
  }

  @Override
  public void writeDefaults(ObjectNode json) {
    // The family has no such key: there are as many as heads.
    json.remove("num_key_value_heads");
    json.putArray("architectures").add("GPTNeoXForCausalLM");
    json.put("hidden_act", "gelu");
    json.put("layer_norm_eps", 1e-5);
    json.put("rotary_pct", 0.25);
    json.put("use_parallel_residual", true);
  }

  @Override
  public List<SizeRule> sizeRules(ModelSpec spec) {
    return List.of(
        new SizeRule(SizeRule.Reader.CONFIG, SizeRule.Relation.HIDDEN_EQUALS_HEADS_BY_HEAD_DIM));
  }

  @Override
  public boolean isBuffer(String name) {
    return ModelFamily.super.isBuffer(name) || name.matches(".*[.]attention[.](masked_)?bias");
  }
}
