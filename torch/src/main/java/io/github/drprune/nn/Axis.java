package io.github.drprune.nn;

/** What a dimension of a weight counts; the cut selects along it. */
public enum Axis {
  VOCABULARY,
  /** Units of the residual stream. */
  HIDDEN,
  /** Query heads x head size, head by head. */
  QUERY,
  /** Key/value heads x head size, head by head. */
  KEY_VALUE,
  /** Heads x (query, key, value) x head size, head by head, as GPT-NeoX stores them. */
  FUSED_QUERY_KEY_VALUE,
  /** Units of the MLP. */
  INTERMEDIATE
}
