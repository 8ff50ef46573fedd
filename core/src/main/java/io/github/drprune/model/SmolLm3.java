package io.github.drprune.model;

import static io.github.drprune.model.TensorRole.KEY;
import static io.github.drprune.model.TensorRole.QUERY;
import static io.github.drprune.model.TensorRole.VALUE;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.model.LlamaCpp.Trait;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntPredicate;

/** SmolLM3: Llama with layers that have no positions (arXiv 2501.18795). */
record SmolLm3() implements ModelFamily {
  private static final String ROTATED = "no_rope_layers"; // 1 where a layer has positions

  @Override
  public String modelType() {
    return "smollm3";
  }

  @Override
  public List<TensorName> tensors() {
    return TensorName.LLAMA;
  }

  @Override
  public ModelSpec read(ConfigReader config) {
    int headDim = config.headDim();
    JsonNode rotated = config.json().path(ROTATED);
    int interval = config.integer("no_rope_layer_interval", 4);
    IntPredicate plain =
        layer -> rotated.isArray() ? !rotated.path(layer).asBoolean() : (layer + 1) % interval == 0;
    OptionalInt window =
        config.flag("use_sliding_window", false) ? config.window(null) : OptionalInt.empty();
    IntPredicate sliding =
        LayerTypes.sliding(config, layer -> window.isPresent() && plain.test(layer));
    return config
        .gated(this, headDim)
        .biased(config.biases())
        .tiedEmbeddings(config.flag("tie_word_embeddings", true))
        .rotary(RotaryReader.of(config, headDim, LayerTypes.FULL).base("rope_theta", 2e6).read())
        .attention(a -> a.with(plain, AttentionSpec.Layer::withoutRotary))
        .attention(a -> LayerTypes.windowed(a, window, sliding))
        .build();
  }

  @Override
  public void write(ModelSpec spec, ObjectNode json) {
    ConfigWriter.attention(spec, json);
    LayerTypes.write(spec, json);
    ArrayNode rotated = json.putArray(ROTATED);
    spec.attention().layers().forEach(layer -> rotated.add(layer.rotary().isPresent() ? 1 : 0));
  }

  @Override
  public LlamaCpp llamaCpp() {
    return LlamaCpp.of(
        "smollm3", Set.of(QUERY, KEY, VALUE), Trait.TURNS_NEIGHBOURS, Trait.EVERY_FOURTH_PLAIN);
  }

  @Override
  public void writeDefaults(ObjectNode json) {
    ConfigWriter.gated(json, "SmolLM3ForCausalLM", 1e-6, 2_000_000);
    json.put("no_rope_layer_interval", 4);
    json.putNull("pad_token_id"); // the default of readers is one of a large vocabulary
  }
}
