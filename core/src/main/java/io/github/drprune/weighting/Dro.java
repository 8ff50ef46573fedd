package io.github.drprune.weighting;

import io.github.drprune.config.DomainsConfig;
import io.github.drprune.weighting.WeightingOutcome.Limit;
import io.github.drprune.weighting.WeightingOutcome.Robustness;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The robust weights of {@link RobustWeights} for fixed references and a fixed proportion. */
final class Dro extends DomainWeighting {
  Dro(DomainsConfig config, Domains domains) {
    super(config, domains);
    domains.requireReferences(config.strategy());
  }

  @Override
  Proposal propose(WeightingState state, Observation observation, double[] losses) {
    var robust = RobustWeights.of(domains.proportion(), losses, domains.reference(), config);
    var kept = Proposal.of(state, robust.weights());
    return new Proposal(
        robust.weights(),
        kept.proportion(),
        kept.references(),
        kept.points(),
        Optional.of(robustness(robust)),
        limits(robust),
        kept.fits(),
        false,
        List.of());
  }

  static Robustness robustness(RobustWeights robust) {
    return new Robustness(
        robust.solution().divergence(), robust.solution().reached(), robust.referenceScale());
  }

  static List<Set<Limit>> limits(RobustWeights robust) {
    var limits = WeightingOutcome.noLimits(robust.weights().length);
    for (int i = 0; i < limits.size(); i++) {
      if (robust.solution().atMinRatio()[i]) {
        limits.get(i).add(Limit.MIN_RATIO);
      }
      if (robust.raised()[i]) {
        limits.get(i).add(Limit.SMALLEST_PROPORTION);
      }
    }
    return limits;
  }
}
