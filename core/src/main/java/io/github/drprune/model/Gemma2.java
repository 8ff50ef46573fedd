package io.github.drprune.model;

import static io.github.drprune.model.TensorRole.KEY;
import static io.github.drprune.model.TensorRole.QUERY;
import static io.github.drprune.model.TensorRole.VALUE;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.model.LlamaCpp.Trait;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Gemma 2 (arXiv 2408.00118): norms before and after each half, with weights that count from one;
 * scores and logits are capped; every second layer has a window.
 */
record Gemma2() implements ModelFamily {
  @Override
  public String modelType() {
    return "gemma2";
  }

  @Override
  public List<TensorName> tensors() {
    return TensorName.GEMMA2;
  }

  @Override
  public List<SizeRule> sizeRules(ModelSpec spec) {
    return SizeRule.HEADS_DIVIDE_HIDDEN_IN_TRANSFORMERS;
  }

  @Override
  public ModelSpec read(ConfigReader config) {
    var sliding = LayerTypes.sliding(config, layer -> layer % 2 == 0);
    return gated(this, config, 50.0, 30.0)
        .attention(a -> LayerTypes.windowed(a, config.window(4096), sliding))
        .build();
  }

  /** What Gemma 2 and 3 have in common, with the caps that hold where the file names none. */
  static ModelSpec.Builder gated(
      ModelFamily family, ConfigReader config, Double scoreCap, Double logitCap) {
    config.refuseWhenTrue("use_bidirectional_attention", "texts read in both directions");
    double scale = 1 / Math.sqrt(config.positive("query_pre_attn_scalar", 256.0));
    OptionalDouble cap = config.cap("attn_logit_softcapping", scoreCap);
    return config
        .gated(family, config.integer("head_dim", 256))
        .tiedEmbeddings(config.flag("tie_word_embeddings", true))
        .activation(config.activation("hidden_activation", "gelu_pytorch_tanh"))
        .biased(config.attentionBiases())
        .norm(new NormSpec(NormSpec.Kind.RMS, config.number("rms_norm_eps", 1e-6), true))
        .attention(attention -> attention.scored(scale, cap))
        .multipliers(
            new Multipliers(1, true, 1, 1, config.cap("final_logit_softcapping", logitCap)));
  }

  @Override
  public void write(ModelSpec spec, ObjectNode json) {
    ConfigWriter.attentionByLayer(spec, json);
  }

  @Override
  public LlamaCpp llamaCpp() {
    return new LlamaCpp(
        "gemma2",
        Set.of(QUERY, KEY, VALUE),
        Activation.GELU_TANH,
        Set.of(
            Trait.HEAD_IN_EMBEDDING, Trait.WINDOWS, Trait.CAPS_ALL, Trait.SCALED_BY_HIDDEN_AT_27B));
  }

  @Override
  public void writeDefaults(ObjectNode json) {
    ConfigWriter.gemma(json, "Gemma2ForCausalLM");
  }
}
