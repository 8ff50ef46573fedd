package io.github.drprune.model;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** What families write alike into a {@code config.json}. */
final class ConfigWriter {
  private ConfigWriter() {}

  /** Key/value heads, and the head dim where it does not follow from the other sizes. */
  static void attention(ModelSpec spec, ObjectNode json) {
    json.put("num_key_value_heads", spec.kvHeads());
    if (json.has("head_dim") || spec.hiddenSize() != spec.heads() * spec.headDim()) {
      json.put("head_dim", spec.headDim());
    }
  }

  /** As {@link #attention}, the head dim in any case, and which layers have a window. */
  static void attentionByLayer(ModelSpec spec, ObjectNode json) {
    attention(spec, json);
    json.put("head_dim", spec.headDim());
    LayerTypes.write(spec, json);
  }

  /**
   * Writes rotary parameters given for all types of layers under each type, where only one of them
   * is scaled: newer releases of transformers read no others.
   */
  static void rotaryByLayerType(ModelSpec spec, ObjectNode json) {
    if (!(json.get(RotaryReader.PARAMETERS) instanceof ObjectNode shared)
        || shared.has(LayerTypes.FULL)
        || shared.has(LayerTypes.SLIDING)) {
      return;
    }
    ObjectNode byType = json.putObject(RotaryReader.PARAMETERS);
    for (AttentionSpec.Layer layer : spec.attention().layers()) {
      boolean sliding = layer.window().isPresent();
      ObjectNode parameters = sliding ? unscaled(shared) : shared.deepCopy();
      parameters.put(RotaryReader.BASE, layer.rotary().orElseThrow().base());
      byType.set(sliding ? LayerTypes.SLIDING : LayerTypes.FULL, parameters);
    }
  }

  private static ObjectNode unscaled(ObjectNode parameters) {
    return parameters.deepCopy().retain(RotaryReader.SHARE).put("rope_type", "default");
  }

  /** The defaults of a new model with RMSNorm and a gated MLP. */
  static void gated(ObjectNode json, String architecture, double normEps, double rotaryBase) {
    json.putArray("architectures").add(architecture);
    json.put("hidden_act", "silu");
    json.put("rms_norm_eps", normEps);
    json.put("rope_theta", rotaryBase);
  }

  /** The defaults of a new Gemma. */
  static void gemma(ObjectNode json, String architecture) {
    gated(json, architecture, 1e-6, 10_000);
    json.remove("hidden_act");
    json.put("hidden_activation", "gelu_pytorch_tanh");
    ownHeadDim(json);
    json.put("query_pre_attn_scalar", json.get("head_dim").asInt());
    json.put("sliding_window", 4096);
  }

  /** The head dim of a new model of a family whose files need one: hidden size / heads. */
  static void ownHeadDim(ObjectNode json) {
    json.put(
        "head_dim",
        Math.max(1, json.get("hidden_size").asInt() / json.get("num_attention_heads").asInt()));
  }
}
