package io.github.drprune.model;

/**
 * How a model's norms compute.
 *
 * @param eps added to the variance
 * @param fromOne whether stored weights are what the factors differ from one by (Gemma)
 */
public record NormSpec(Kind kind, double eps, boolean fromOne) {
  /** A kind of norm. */
  public enum Kind {
    /** {@code x / sqrt(mean(x^2) + eps) * weight} (arXiv 1910.07467). */
    RMS,
    /** {@code (x - mean(x)) / sqrt(var(x) + eps) * weight + bias} (arXiv 1607.06450). */
    LAYER
  }

  /** The usual kind. */
  static NormSpec rms(double eps) {
    return new NormSpec(Kind.RMS, eps, false);
  }
}
