package io.github.drprune.weighting;

/** The proportion, whatever the losses. */
final class Constant extends DomainWeighting {
  Constant(DomainsConfig config, Domains domains) {
    super(config, domains);
  }

  @Override
  Proposal propose(WeightingState state, Observation observation, double[] losses) {
    return Proposal.of(state, domains.proportion());
  }
}
