package io.github.drprune.weighting;

/**
 * A relative of {@link Sheared} in its published code, kept for comparison: {@code q_i}
 * proportional to {@code exp(q_i + l_i - r_i)}, mixed with 1e-4 of the uniform distribution.
 */
final class Bandit extends DomainWeighting {
  Bandit(DomainsConfig config, Domains domains) {
    super(config, domains);
    domains.requireReferences(config.strategy());
  }

  @Override
  Proposal propose(WeightingState state, Observation observation, double[] losses) {
    var score = new double[losses.length];
    for (int i = 0; i < score.length; i++) {
      score[i] = state.weights().get(i) + losses[i] - domains.reference()[i];
    }
    return Proposal.of(state, Sheared.mixedSoftmax(score, domains.proportion()));
  }
}
