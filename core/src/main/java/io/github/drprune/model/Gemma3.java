package io.github.drprune.model;

import static io.github.drprune.model.TensorRole.KEY;
import static io.github.drprune.model.TensorRole.QUERY;
import static io.github.drprune.model.TensorRole.VALUE;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.model.LlamaCpp.Trait;
import java.util.List;
import java.util.Set;

/**
 * The text models of Gemma 3 (arXiv 2503.19786): Gemma 2 with normalised queries and keys instead
 * of capped scores, and with a rotary base of its own in layers with a window.
 */
record Gemma3() implements ModelFamily {
  private static final String PATTERN = "sliding_window_pattern";

  @Override
  public String modelType() {
    return "gemma3_text";
  }

  @Override
  public List<TensorName> tensors() {
    return TensorName.GEMMA3;
  }

  @Override
  public List<SizeRule> sizeRules(ModelSpec spec) {
    return SizeRule.HEADS_DIVIDE_HIDDEN_IN_TRANSFORMERS;
  }

  @Override
  public ModelSpec read(ConfigReader config) {
    int headDim = config.integer("head_dim", 256);
    String key = config.json().hasNonNull(PATTERN) ? PATTERN : "_" + PATTERN;
    int pattern = config.integer(key, 6);
    var sliding = LayerTypes.sliding(config, layer -> (layer + 1) % pattern != 0);
    RotarySpec inWindow =
        RotaryReader.of(config, headDim, LayerTypes.SLIDING)
            .withoutSharedScaling()
            .ownBase("rope_local_base_freq", 10_000)
            .read();
    RotarySpec elsewhere =
        RotaryReader.of(config, headDim, LayerTypes.FULL).base("rope_theta", 1e6).read();
    return Gemma2.gated(this, config, null, null)
        .attention(a -> a.with(_ -> true, layer -> layer.rotated(elsewhere)))
        .attention(a -> a.with(sliding, layer -> layer.rotated(inWindow)))
        .attention(a -> LayerTypes.windowed(a, config.window(4096), sliding))
        .build();
  }

  @Override
  public void write(ModelSpec spec, ObjectNode json) {
    ConfigWriter.attentionByLayer(spec, json);
    ConfigWriter.rotaryByLayerType(spec, json);
  }

  @Override
  public LlamaCpp llamaCpp() {
    return new LlamaCpp(
        "gemma3",
        Set.of(QUERY, KEY, VALUE),
        Activation.GELU_TANH,
        Set.of(
            Trait.WINDOWS,
            Trait.WINDOWS_OWN_BASE,
            Trait.CAPS_LOGITS,
            Trait.SCALED_BY_HIDDEN_AT_27B));
  }

  @Override
  public void writeDefaults(ObjectNode json) {
    ConfigWriter.gemma(json, "Gemma3ForCausalLM");
    json.put("rope_theta", 1_000_000);
    json.put("rope_local_base_freq", 10_000);
  }
}
