package io.github.drprune.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** OLMo 3 (arXiv 2512.13961): OLMo 2 with a window in three of four layers. */
record Olmo3() implements ModelFamily {
  @Override
  public String modelType() {
    return "olmo3";
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
    int headDim = config.headDim();
    var sliding = LayerTypes.sliding(config, layer -> (layer + 1) % 4 != 0);
    RotarySpec inWindow =
        RotaryReader.of(config, headDim, LayerTypes.SLIDING)
            .withoutSharedScaling()
            .base("rope_theta", 500_000)
            .read();
    return config
        .gated(this, headDim)
        .norm(NormSpec.rms(config.number("rms_norm_eps", 1e-5)))
        .biased(config.attentionBiases())
        .rotary(
            RotaryReader.of(config, headDim, LayerTypes.FULL).base("rope_theta", 500_000).read())
        .attention(a -> a.with(sliding, layer -> layer.rotated(inWindow)))
        .attention(a -> LayerTypes.windowed(a, config.window(4096), sliding))
        .build();
  }

  @Override
  public void write(ModelSpec spec, ObjectNode json) {
    ConfigWriter.attention(spec, json);
    LayerTypes.write(spec, json);
    ConfigWriter.rotaryByLayerType(spec, json);
  }

  @Override
  public LlamaCpp llamaCpp() {
    return Olmo2.olmo2();
  }

  @Override
  public void writeDefaults(ObjectNode json) {
    ConfigWriter.gated(json, "Olmo3ForCausalLM", 1e-6, 500_000);
    json.put("sliding_window", 4096);
  }
}
