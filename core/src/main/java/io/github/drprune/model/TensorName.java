package io.github.drprune.model;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * How a family names a tensor in its checkpoints.
 *
 * @param name without ".weight" or ".bias"; {@code %d} stands for the layer
 */
public record TensorName(TensorRole role, String name) {
  private static final List<TensorName> NORM_BEFORE_ATTENTION =
      List.of(new TensorName(TensorRole.ATTENTION_NORM, "input_layernorm"));

  private static final List<TensorName> QUERIES_KEYS_VALUES =
      List.of(
          new TensorName(TensorRole.QUERY, "self_attn.q_proj"),
          new TensorName(TensorRole.KEY, "self_attn.k_proj"),
          new TensorName(TensorRole.VALUE, "self_attn.v_proj"));

  private static final List<TensorName> NORMS_PER_HEAD =
      List.of(
          new TensorName(TensorRole.QUERY_NORM, "self_attn.q_norm"),
          new TensorName(TensorRole.KEY_NORM, "self_attn.k_norm"));

  private static final List<TensorName> ATTENTION_OUTPUT =
      List.of(new TensorName(TensorRole.ATTENTION_OUTPUT, "self_attn.o_proj"));

  private static final List<TensorName> NORM_BEFORE_MLP =
      List.of(new TensorName(TensorRole.MLP_NORM, "post_attention_layernorm"));

  private static final List<TensorName> GATED_MLP =
      List.of(
          new TensorName(TensorRole.GATE, "mlp.gate_proj"),
          new TensorName(TensorRole.UP, "mlp.up_proj"),
          new TensorName(TensorRole.DOWN, "mlp.down_proj"));

  private static final List<TensorName> NORM_AFTER_ATTENTION =
      List.of(new TensorName(TensorRole.AFTER_ATTENTION_NORM, "post_attention_layernorm"));

  private static final List<TensorName> NORM_AFTER_MLP =
      List.of(new TensorName(TensorRole.AFTER_MLP_NORM, "post_feedforward_layernorm"));

  /** Gemma's, whose norm after attention has the name of Llama's before the MLP. */
  private static final List<TensorName> NORM_BETWEEN_NORMS =
      List.of(new TensorName(TensorRole.MLP_NORM, "pre_feedforward_layernorm"));

  /** The table of Llama and the many families that took it over, in the order of use. */
  static final List<TensorName> LLAMA =
      inLayers(
          List.of(
              NORM_BEFORE_ATTENTION,
              QUERIES_KEYS_VALUES,
              ATTENTION_OUTPUT,
              NORM_BEFORE_MLP,
              GATED_MLP));

  /** With norms of each query and key head. */
  static final List<TensorName> QWEN3 =
      inLayers(
          List.of(
              NORM_BEFORE_ATTENTION,
              QUERIES_KEYS_VALUES,
              NORMS_PER_HEAD,
              ATTENTION_OUTPUT,
              NORM_BEFORE_MLP,
              GATED_MLP));

  /** With norms after the halves instead of before, and of all queries and all keys. */
  static final List<TensorName> OLMO2 =
      inLayers(
          List.of(
              QUERIES_KEYS_VALUES,
              List.of(
                  new TensorName(TensorRole.JOINT_QUERY_NORM, "self_attn.q_norm"),
                  new TensorName(TensorRole.JOINT_KEY_NORM, "self_attn.k_norm")),
              ATTENTION_OUTPUT,
              NORM_AFTER_ATTENTION,
              GATED_MLP,
              NORM_AFTER_MLP));

  /** With the projections to queries, keys and values in one matrix, and gate and up in one. */
  static final List<TensorName> PHI3 =
      inLayers(
          List.of(
              NORM_BEFORE_ATTENTION,
              List.of(new TensorName(TensorRole.QUERY_KEY_VALUE, "self_attn.qkv_proj")),
              ATTENTION_OUTPUT,
              NORM_BEFORE_MLP,
              List.of(
                  new TensorName(TensorRole.GATE_UP, "mlp.gate_up_proj"),
                  new TensorName(TensorRole.DOWN, "mlp.down_proj"))));

  /** With norms before and after the halves. */
  static final List<TensorName> GEMMA2 =
      inLayers(
          List.of(
              NORM_BEFORE_ATTENTION,
              QUERIES_KEYS_VALUES,
              ATTENTION_OUTPUT,
              NORM_AFTER_ATTENTION,
              NORM_BETWEEN_NORMS,
              GATED_MLP,
              NORM_AFTER_MLP));

  /** As Gemma 2, with norms of each query and key head. */
  static final List<TensorName> GEMMA3 =
      inLayers(
          List.of(
              NORM_BEFORE_ATTENTION,
              QUERIES_KEYS_VALUES,
              NORMS_PER_HEAD,
              ATTENTION_OUTPUT,
              NORM_AFTER_ATTENTION,
              NORM_BETWEEN_NORMS,
              GATED_MLP,
              NORM_AFTER_MLP));

  /** Under names of its own, with the projections to a head's query, key and value side by side. */
  static final List<TensorName> GPT_NEOX =
      List.of(
          new TensorName(TensorRole.EMBEDDING, "gpt_neox.embed_in"),
          new TensorName(TensorRole.ATTENTION_NORM, "gpt_neox.layers.%d.input_layernorm"),
          new TensorName(
              TensorRole.QUERY_KEY_VALUE_BY_HEAD, "gpt_neox.layers.%d.attention.query_key_value"),
          new TensorName(TensorRole.ATTENTION_OUTPUT, "gpt_neox.layers.%d.attention.dense"),
          new TensorName(TensorRole.MLP_NORM, "gpt_neox.layers.%d.post_attention_layernorm"),
          new TensorName(TensorRole.UP, "gpt_neox.layers.%d.mlp.dense_h_to_4h"),
          new TensorName(TensorRole.DOWN, "gpt_neox.layers.%d.mlp.dense_4h_to_h"),
          new TensorName(TensorRole.FINAL_NORM, "gpt_neox.final_layer_norm"),
          new TensorName(TensorRole.HEAD, "embed_out"));

  /** The names within a layer, between those of the embedding and of the head. */
  private static List<TensorName> inLayers(List<List<TensorName>> parts) {
    Stream<TensorName> layer =
        parts.stream()
            .flatMap(List::stream)
            .map(name -> new TensorName(name.role(), "model.layers.%d." + name.name()));
    return Stream.of(
            Stream.of(new TensorName(TensorRole.EMBEDDING, "model.embed_tokens")),
            layer,
            Stream.of(
                new TensorName(TensorRole.FINAL_NORM, "model.norm"),
                new TensorName(TensorRole.HEAD, "lm_head")))
        .flatMap(Function.identity())
        .toList();
  }

  /** The name of {@code role}'s weight or bias in {@code layer}. */
  String in(int layer, String suffix) {
    return (role.isInLayer() ? String.format(Locale.ROOT, name, layer) : name) + suffix;
  }
}
