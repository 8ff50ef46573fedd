package io.github.drprune.weighting;

import io.github.drprune.config.DomainsConfig;
import io.github.drprune.run.RunEvent;
import io.github.drprune.scaling.ScalingFit;
import io.github.drprune.weighting.WeightingState.Reference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * The paper's weighting (arXiv 2411.14055): the robust weights of {@link RobustWeights}, with
 * reference losses predicted by scaling laws and a reference proportion that follows the weights.
 */
final class DrPruning extends DomainWeighting {
  private static final double RECORD_FROM = 0.02;
  private static final double FIT_FROM = 0.1;
  private static final double FOLLOW_FROM = 0.2;

  /** How far the reference proportion moves towards the weights at each update. */
  private static final double FOLLOW = 0.1;

  /** The reference proportion stays within this factor of where it began. */
  private static final double FARTHEST = 2;

  private final long seed;

  DrPruning(DomainsConfig config, Domains domains, long seed) {
    super(config, domains);
    this.seed = seed;
  }

  @Override
  Proposal propose(WeightingState state, Observation observation, double[] losses) {
    var history = new LossHistory(state.points());
    if (observation.isFrom(RECORD_FROM)) {
      history = history.with(observation, losses, seed, state.updates());
    }
    int n = domains.size();
    List<Optional<ScalingFit>> fits = new ArrayList<>(Collections.nCopies(n, Optional.empty()));
    var references = new ArrayList<>(state.references());
    boolean missing = false;
    for (int i = 0; i < n; i++) {
      if (domains.proportion()[i] > 0) {
        boolean given = !Double.isNaN(domains.reference()[i]);
        if (observation.isFrom(FIT_FROM) && !(given && config.keepReferences())) {
          fits.set(i, history.fit(i, observation));
          references.set(i, next(references.get(i), given, fits.get(i), history.lowest(i)));
        }
        missing |= references.get(i).loss() == null;
      }
    }
    if (missing) {
      return new Proposal(
          array(state.weights()),
          state.proportion(),
          references,
          history.points(),
          Optional.empty(),
          WeightingOutcome.noLimits(n),
          fits,
          true,
          warnings(state, observation, history));
    }
    double[] proportion = array(state.proportion());
    var reference = new double[n];
    for (int i = 0; i < n; i++) {
      Double loss = references.get(i).loss();
      reference[i] = loss == null ? 0 : loss;
    }
    var robust = RobustWeights.of(proportion, losses, reference, config);
    if (observation.isFrom(FOLLOW_FROM)) {
      proportion = followed(proportion, robust.weights(), domains.proportion());
    }
    return new Proposal(
        robust.weights(),
        list(proportion),
        references,
        history.points(),
        Optional.of(Dro.robustness(robust)),
        Dro.limits(robust),
        fits,
        false,
        List.of());
  }

  /**
   * A fitted reference replaces a given one and then only falls, as one does that was not given.
   */
  private static Reference next(
      Reference before, boolean given, Optional<ScalingFit> fit, double lowest) {
    if (fit.isEmpty()) {
      return before;
    }
    double target = Math.min(fit.get().prediction(), lowest);
    boolean replaces = given && !before.fitted() && fit.get().determined();
    boolean bound = before.loss() != null && !replaces;
    return new Reference(
        bound ? Math.min(before.loss(), target) : target,
        before.fitted() || fit.get().determined());
  }

  /** The reference proportion after one update, {@code start} where it began. */
  static double[] followed(double[] proportion, double[] weights, double[] start) {
    int n = proportion.length;
    var next = new double[n];
    double smallest = 1;
    double largest = 0;
    for (int i = 0; i < n; i++) {
      next[i] = (1 - FOLLOW) * proportion[i] + FOLLOW * weights[i];
      smallest = start[i] > 0 ? Math.min(smallest, start[i]) : smallest;
      largest = Math.max(largest, start[i]);
    }
    next = Simplex.normalised(next);
    for (int i = 0; i < n; i++) {
      next[i] = Math.clamp(next[i], start[i] / FARTHEST, start[i] * FARTHEST);
    }
    next = Simplex.normalised(next);
    for (int i = 0; i < n; i++) {
      next[i] = start[i] > 0 ? Math.clamp(next[i], smallest, largest) : 0;
    }
    return Simplex.normalised(next);
  }

  /** Said once, at the first update that should have had fits. */
  private static List<RunEvent.Warning> warnings(
      WeightingState state, Observation observation, LossHistory history) {
    boolean first =
        observation.isFrom(FIT_FROM) && state.step() < FIT_FROM * observation.totalSteps();
    if (!first) {
      return List.of();
    }
    return List.of(
        new RunEvent.Warning(
            observation.step(),
            "weights stay as they are: a scaling law needs %d evaluations, on record by step %d: %d; evaluate more often or give reference_loss"
                .formatted(ScalingFit.MIN_POINTS, observation.step(), history.points().size())));
  }
}
