package io.github.drprune.weighting;

import io.github.drprune.run.RunEvent;
import io.github.drprune.scaling.ScalingFit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What an update decided and why, by domain in the order of the state's domains.
 *
 * @param state to hand to the next update, and to save
 * @param weights that training goes on with; they sum to one
 * @param excess loss minus reference loss; absent where either is
 * @param references the reference losses that the weights were set by
 * @param proportion the reference proportion that they were set by
 * @param divergence of the weights from that proportion, {@code 1/2 sum p (q/p - 1)^2}
 * @param robust the chi-square problem's own figures, where the rule has one and it was solved
 * @param limits what moved each domain's weight
 * @param fits scaling laws fitted at this update
 * @param held whether the weights were kept because some domain has no reference loss or no loss
 *     yet
 * @param warnings for the user
 */
public record WeightingOutcome(
    long step,
    WeightingState state,
    List<Double> weights,
    List<Optional<Double>> excess,
    List<Optional<Double>> references,
    List<Double> proportion,
    double divergence,
    Optional<Robustness> robust,
    List<Set<Limit>> limits,
    List<Optional<ScalingFit>> fits,
    boolean held,
    List<RunEvent.Warning> warnings) {
  /** What can move a domain's weight away from what the losses ask for. */
  public enum Limit {
    /** The least ratio to the reference proportion. */
    MIN_RATIO,
    /** The smallest reference proportion, below which no weight falls. */
    SMALLEST_PROPORTION,
    /** The user's floor. */
    FLOOR,
    /** The user's cap. */
    CAP
  }

  /**
   * How the chi-square problem was solved.
   *
   * @param divergence before the floor at the smallest proportion; equal to rho where reached
   * @param rhoReached false where no distribution is as far from the proportion
   * @param referenceScale factor on the reference losses: below one where every domain was better
   *     than its reference
   */
  public record Robustness(double divergence, boolean rhoReached, double referenceScale) {}

  /** The weights as a run event. */
  public RunEvent.Weights event() {
    List<String> names = state.domains();
    var limited = new ArrayList<String>();
    var fitted = new LinkedHashMap<String, RunEvent.Fit>();
    for (int i = 0; i < names.size(); i++) {
      if (!limits.get(i).isEmpty()) {
        limited.add(names.get(i));
      }
      if (fits.get(i).isPresent()) {
        fitted.put(names.get(i), event(fits.get(i).get()));
      }
    }
    return new RunEvent.Weights(
        step,
        byName(weights.stream().map(Optional::of).toList()),
        byName(references),
        byName(proportion.stream().map(Optional::of).toList()),
        byName(excess),
        divergence,
        robust.map(Robustness::rhoReached).orElse(null),
        List.copyOf(limited),
        fitted.isEmpty() ? null : fitted);
  }

  private Map<String, Double> byName(List<Optional<Double>> values) {
    var map = new LinkedHashMap<String, Double>();
    for (int i = 0; i < values.size(); i++) {
      String name = state.domains().get(i);
      values.get(i).ifPresent(value -> map.put(name, value));
    }
    return map;
  }

  private static RunEvent.Fit event(ScalingFit fit) {
    return new RunEvent.Fit(
        fit.law().a(),
        fit.law().alpha(),
        fit.bySparsity() ? fit.law().beta() : null,
        fit.law().e(),
        fit.prediction(),
        fit.low(),
        fit.high(),
        fit.points(),
        fit.determined());
  }

  static List<Set<Limit>> noLimits(int domains) {
    var limits = new ArrayList<Set<Limit>>();
    for (int i = 0; i < domains; i++) {
      limits.add(EnumSet.noneOf(Limit.class));
    }
    return limits;
  }
}
