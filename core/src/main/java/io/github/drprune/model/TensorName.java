package io.github.drprune.model;

import java.util.List;

/**
 * How a family names a tensor in its checkpoints.
 *
 * @param name without ".weight" or ".bias"; {@code %d} stands for the layer
 */
public record TensorName(TensorRole role, String name) {
  /** The table of Llama and the many families that took it over, in the order of use. */
  static final List<TensorName> LLAMA =
      List.of(
          new TensorName(TensorRole.EMBEDDING, "model.embed_tokens"),
          new TensorName(TensorRole.ATTENTION_NORM, "model.layers.%d.input_layernorm"),
          new TensorName(TensorRole.QUERY, "model.layers.%d.self_attn.q_proj"),
          new TensorName(TensorRole.KEY, "model.layers.%d.self_attn.k_proj"),
          new TensorName(TensorRole.VALUE, "model.layers.%d.self_attn.v_proj"),
          new TensorName(TensorRole.ATTENTION_OUTPUT, "model.layers.%d.self_attn.o_proj"),
          new TensorName(TensorRole.MLP_NORM, "model.layers.%d.post_attention_layernorm"),
          new TensorName(TensorRole.GATE, "model.layers.%d.mlp.gate_proj"),
          new TensorName(TensorRole.UP, "model.layers.%d.mlp.up_proj"),
          new TensorName(TensorRole.DOWN, "model.layers.%d.mlp.down_proj"),
          new TensorName(TensorRole.FINAL_NORM, "model.norm"),
          new TensorName(TensorRole.HEAD, "lm_head"));

  /** The name of {@code role}'s weight or bias in {@code layer}. */
  String in(int layer, String suffix) {
    return (role.isInLayer() ? name.formatted(layer) : name) + suffix;
  }
}
