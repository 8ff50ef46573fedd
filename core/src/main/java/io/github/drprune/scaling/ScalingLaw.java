package io.github.drprune.scaling;

/**
 * The loss, in nats per token, of a domain after {@code n} of its tokens at sparsity {@code s}:
 * {@code A n^-alpha s^-beta + E} (DRPruning, arXiv 2411.14055, section 3.2).
 *
 * @param beta 0 where sparsity is no factor; negative, as loss rises with sparsity
 * @param e the loss that no amount of tokens goes below
 */
public record ScalingLaw(double a, double alpha, double beta, double e) {
  public double loss(double tokens, double sparsity) {
    double bySparsity = beta == 0 ? 1 : Math.pow(sparsity, -beta);
    return a * Math.pow(tokens, -alpha) * bySparsity + e;
  }
}
