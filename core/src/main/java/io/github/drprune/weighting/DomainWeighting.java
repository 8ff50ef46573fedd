package io.github.drprune.weighting;

import io.github.drprune.config.DomainsConfig;
import io.github.drprune.error.UserException;
import io.github.drprune.run.RunEvent;
import io.github.drprune.scaling.ScalingFit;
import io.github.drprune.weighting.WeightingOutcome.Limit;
import io.github.drprune.weighting.WeightingOutcome.Robustness;
import io.github.drprune.weighting.WeightingState.Average;
import io.github.drprune.weighting.WeightingState.Point;
import io.github.drprune.weighting.WeightingState.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Sets the share of each domain in the training data from the domains' losses. An update is a
 * function of the state and the observation alone: the same ones give the same weights, to the bit.
 * A domain of proportion zero has weight zero and is as if it were absent.
 */
public abstract sealed class DomainWeighting permits DrPruning, Dro, Sheared, Bandit, Constant {
  /** Weight of a batch's loss in the averages of the training losses. */
  private static final double AVERAGE_WEIGHT = 0.1;

  final DomainsConfig config;
  final Domains domains;

  /** What a rule wants: the weights before the user's limits, and what else it remembers. */
  record Proposal(
      double[] weights,
      List<Double> proportion,
      List<Reference> references,
      List<Point> points,
      Optional<Robustness> robust,
      List<Set<Limit>> limits,
      List<Optional<ScalingFit>> fits,
      boolean held,
      List<RunEvent.Warning> warnings) {
    /** Weights, with everything remembered as it was. */
    static Proposal of(WeightingState state, double[] weights) {
      return of(state, weights, false);
    }

    /** The weights in force, because something to set others by is missing. */
    static Proposal hold(WeightingState state) {
      return of(state, array(state.weights()), true);
    }

    private static Proposal of(WeightingState state, double[] weights, boolean held) {
      int n = weights.length;
      return new Proposal(
          weights,
          state.proportion(),
          state.references(),
          state.points(),
          Optional.empty(),
          WeightingOutcome.noLimits(n),
          Collections.nCopies(n, Optional.empty()),
          held,
          List.of());
    }
  }

  DomainWeighting(DomainsConfig config, Domains domains) {
    this.config = config;
    this.domains = domains;
  }

  /**
   * The weighting that {@code config} asks for.
   *
   * @param domains names, in the order of the data
   * @param shares the proportion where the configuration gives none; sums to one
   * @param seed for the eviction of points on record
   */
  public static DomainWeighting of(
      DomainsConfig config, List<String> domains, double[] shares, long seed) {
    var resolved = Domains.of(config, domains, shares);
    return switch (config.strategy()) {
      case DRPRUNING -> new DrPruning(config, resolved, seed);
      case DRO -> new Dro(config, resolved);
      case SHEARED -> new Sheared(config, resolved);
      case BANDIT -> new Bandit(config, resolved);
      case CONSTANT -> new Constant(config, resolved);
    };
  }

  /** The weights that every strategy begins with: the proportion, within the limits. */
  public static double[] startingWeights(
      DomainsConfig config, List<String> domains, double[] shares) {
    var resolved = Domains.of(config, domains, shares);
    return resolved.limited(resolved.proportion());
  }

  /** What the rule proposes; {@code losses} are valid for every domain with a proportion. */
  abstract Proposal propose(WeightingState state, Observation observation, double[] losses);

  /** The state before the first update: the weights are the proportion, within the limits. */
  public final WeightingState start() {
    var references = new ArrayList<Reference>();
    for (double loss : domains.reference()) {
      references.add(new Reference(Double.isNaN(loss) ? null : loss, false));
    }
    int n = domains.size();
    return new WeightingState(
        domains.names(),
        0,
        0,
        list(domains.limited(domains.proportion())),
        list(domains.proportion()),
        references,
        Collections.nCopies(n, new Average(0, 0)),
        List.of(),
        -1,
        0);
  }

  /** Takes in a step's training losses, NaN for the domains that the batch lacked. */
  public final WeightingState observeTraining(WeightingState state, double[] losses) {
    check(state, losses.length);
    var averages = new ArrayList<>(state.averages());
    for (int i = 0; i < losses.length; i++) {
      if (!Double.isNaN(losses[i])) {
        checkLoss("training loss", i, losses[i]);
        Average before = averages.get(i);
        double loss =
            before.batches() == 0
                ? losses[i]
                : before.loss() + AVERAGE_WEIGHT * (losses[i] - before.loss());
        averages.set(i, new Average(loss, before.batches() + 1));
      }
    }
    return state.withAverages(averages);
  }

  /** Sets the weights after an evaluation. */
  public final WeightingOutcome update(WeightingState state, Observation observation) {
    check(state, observation.tokens().length);
    double[] losses = losses(state, observation);
    boolean unseen = false;
    for (int i = 0; i < losses.length; i++) {
      unseen |= domains.proportion()[i] > 0 && Double.isNaN(losses[i]);
    }
    var proposal = unseen ? Proposal.hold(state) : propose(state, observation, losses);
    double[] limited = domains.limited(proposal.weights());
    for (int i = 0; i < limited.length && domains.hasLimits(); i++) {
      if (limited[i] == domains.floors()[i] && limited[i] > 0) {
        proposal.limits().get(i).add(Limit.FLOOR);
      } else if (limited[i] == domains.caps()[i]) {
        proposal.limits().get(i).add(Limit.CAP);
      }
    }
    double[] weights = smoothed(state, limited);
    var warnings = new ArrayList<>(proposal.warnings());
    int dominant = dominant(weights);
    int dominantFor = dominant < 0 ? 0 : dominant == state.dominant() ? state.dominantFor() + 1 : 1;
    if (dominantFor == config.alarmEvaluations()) {
      warnings.add(collapse(observation.step(), dominant, weights[dominant]));
    }
    var next =
        new WeightingState(
            state.domains(),
            state.updates() + 1,
            observation.step(),
            list(weights),
            proposal.proportion(),
            proposal.references(),
            state.averages(),
            proposal.points(),
            dominant,
            dominantFor);
    return new WeightingOutcome(
        observation.step(),
        next,
        next.weights(),
        excess(losses, proposal.references()),
        proposal.references().stream().map(r -> Optional.ofNullable(r.loss())).toList(),
        state.proportion(),
        ChiSquareBall.divergence(weights, array(state.proportion())),
        proposal.robust(),
        proposal.limits(),
        proposal.fits(),
        proposal.held(),
        List.copyOf(warnings));
  }

  /** From {@code weights} towards those in force; between weights within the limits all are. */
  private double[] smoothed(WeightingState state, double[] weights) {
    var between = new double[weights.length];
    for (int i = 0; i < weights.length; i++) {
      between[i] = weights[i] + config.smoothing() * (state.weights().get(i) - weights[i]);
    }
    return between;
  }

  private double[] losses(WeightingState state, Observation observation) {
    return switch (config.losses()) {
      case HELD_OUT -> {
        double[] losses = observation.losses();
        check(state, losses.length);
        for (int i = 0; i < losses.length; i++) {
          checkLoss("held-out loss", i, losses[i]);
        }
        yield losses;
      }
      case TRAINING ->
          state.averages().stream()
              .mapToDouble(average -> average.batches() == 0 ? Double.NaN : average.loss())
              .toArray();
    };
  }

  /** The domain above the alarm's share that did not begin there, or -1. */
  private int dominant(double[] weights) {
    for (int i = 0; i < weights.length; i++) {
      if (weights[i] > config.alarmShare() && weights[i] > domains.proportion()[i]) {
        return i;
      }
    }
    return -1;
  }

  private RunEvent.Warning collapse(long step, int domain, double weight) {
    return new RunEvent.Warning(
        step,
        "domain '%s' has held more than %s of the data for %d evaluations (now %.3f); set caps, a smaller rho or a higher reference_loss for it"
            .formatted(
                domains.names().get(domain),
                config.alarmShare(),
                config.alarmEvaluations(),
                weight));
  }

  private static List<Optional<Double>> excess(double[] losses, List<Reference> references) {
    var excess = new ArrayList<Optional<Double>>();
    for (int i = 0; i < losses.length; i++) {
      Double reference = references.get(i).loss();
      boolean known = reference != null && !Double.isNaN(losses[i]);
      excess.add(known ? Optional.of(losses[i] - reference) : Optional.empty());
    }
    return excess;
  }

  private void check(WeightingState state, int given) {
    if (!state.domains().equals(domains.names())) {
      throw new UserException(
          "domain weighting: the saved state is of the domains %s, the data has %s; resume with the same data"
              .formatted(state.domains(), domains.names()));
    }
    if (given != domains.size()) {
      throw new UserException(
          "domain weighting: got figures for %d domains, the data has %d: %s"
              .formatted(given, domains.size(), domains.names()));
    }
  }

  private void checkLoss(String what, int domain, double loss) {
    if (!(loss >= 0 && loss < Double.POSITIVE_INFINITY)) {
      throw new UserException(
          "domain weighting: the %s of '%s' is %s and must be a number of 0 or more; training has diverged or the domain's data is empty"
              .formatted(what, domains.names().get(domain), loss));
    }
  }

  static double[] array(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  static List<Double> list(double[] values) {
    return Arrays.stream(values).boxed().toList();
  }
}
