package io.github.drprune.model;

import java.util.OptionalDouble;

/**
 * Constants that a model multiplies by on its way from tokens to logits, beside attention's.
 *
 * @param embedding of the token embedding
 * @param rootOfHidden whether the embedding is multiplied by the root of the hidden size too
 *     (Gemma)
 * @param residual of what each half adds to the residual stream
 * @param logits of the head's products
 * @param logitCap logits become {@code cap * tanh(logit / cap)} (Gemma 2, arXiv 2408.00118)
 */
public record Multipliers(
    double embedding,
    boolean rootOfHidden,
    double residual,
    double logits,
    OptionalDouble logitCap) {
  /** All one. */
  static final Multipliers ONE = new Multipliers(1, false, 1, 1, OptionalDouble.empty());

  /** Of the token embedding in a model of that hidden size. */
  public double embedding(long hiddenSize) {
    return rootOfHidden ? embedding * Math.sqrt(hiddenSize) : embedding;
  }
}
