package io.github.drprune.weighting;

/**
 * Sheared LLaMA's dynamic batch loading (arXiv 2310.06694, algorithm 1): {@code q_i} proportional
 * to {@code q_i exp(l_i - r_i)}, mixed with 1e-4 of the uniform distribution.
 */
final class Sheared extends DomainWeighting {
  private static final double UNIFORM = 1e-4;

  Sheared(DomainsConfig config, Domains domains) {
    super(config, domains);
    domains.requireReferences(config.strategy());
  }

  @Override
  Proposal propose(WeightingState state, Observation observation, double[] losses) {
    var score = new double[losses.length];
    for (int i = 0; i < score.length; i++) {
      score[i] = Math.log(state.weights().get(i)) + losses[i] - domains.reference()[i];
    }
    return Proposal.of(state, mixedSoftmax(score, domains.proportion()));
  }

  /** Softmax over the domains with a proportion, mixed with their uniform distribution. */
  static double[] mixedSoftmax(double[] score, double[] proportion) {
    double top = Double.NEGATIVE_INFINITY;
    int present = 0;
    for (int i = 0; i < score.length; i++) {
      if (proportion[i] > 0) {
        top = Math.max(top, score[i]);
        present++;
      }
    }
    var weights = new double[score.length];
    for (int i = 0; i < score.length; i++) {
      weights[i] = proportion[i] > 0 ? Math.exp(score[i] - top) : 0;
    }
    weights = Simplex.normalised(weights);
    for (int i = 0; i < score.length; i++) {
      if (proportion[i] > 0) {
        weights[i] = (1 - UNIFORM) * weights[i] + UNIFORM / present;
      }
    }
    return Simplex.normalised(weights);
  }
}
