package io.github.drprune.weighting;

import io.github.drprune.scaling.ScalingFit;
import io.github.drprune.weighting.WeightingState.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Losses on record, oldest first, and the scaling laws through them. */
record LossHistory(List<Point> points) {
  private static final int CAPACITY = 64;

  LossHistory {
    points = List.copyOf(points);
  }

  /**
   * The history with the observation added; where it is full a point of the older half goes, drawn
   * by the seed and the count of updates, so that recent points stay and old ones thin out.
   */
  LossHistory with(Observation observation, double[] losses, long seed, long update) {
    var tokens = new ArrayList<Long>();
    var given = new ArrayList<Double>();
    for (int i = 0; i < losses.length; i++) {
      tokens.add(observation.tokens()[i]);
      given.add(Double.isNaN(losses[i]) ? null : losses[i]);
    }
    Double sparsity = observation.isPruning() ? observation.sparsity() : null;
    var longer = new ArrayList<>(points);
    longer.add(new Point(sparsity, tokens, given));
    if (longer.size() > CAPACITY) {
      longer.remove((int) Math.unsignedMultiplyHigh(mixed(seed, update), CAPACITY / 2));
    }
    return new LossHistory(longer);
  }

  /** SplitMix64 (Steele et al. 2014) at position {@code update} of the stream of the seed. */
  private static long mixed(long seed, long update) {
    long z = seed + (update + 1) * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** The lowest loss of a domain on record. */
  double lowest(int domain) {
    return points.stream()
        .map(point -> point.losses().get(domain))
        .filter(loss -> loss != null)
        .mapToDouble(Double::doubleValue)
        .min()
        .orElse(Double.POSITIVE_INFINITY);
  }

  /** The scaling law of a domain, predicting the end of the run; empty with too few points. */
  Optional<ScalingFit> fit(int domain, Observation now) {
    var usable =
        points.stream()
            .filter(point -> point.tokens().get(domain) > 0)
            .filter(point -> point.losses().get(domain) != null)
            .filter(point -> (point.sparsity() != null) == now.isPruning())
            .toList();
    if (usable.size() < ScalingFit.MIN_POINTS) {
      return Optional.empty();
    }
    int n = usable.size();
    var tokens = new double[n];
    var losses = new double[n];
    double[] sparsity = now.isPruning() ? new double[n] : null;
    for (int i = 0; i < n; i++) {
      Point point = usable.get(i);
      tokens[i] = point.tokens().get(domain);
      losses[i] = point.losses().get(domain);
      if (sparsity != null) {
        sparsity[i] = point.sparsity();
      }
    }
    double finalTokens = (double) now.tokens()[domain] * now.totalSteps() / now.step();
    return Optional.of(ScalingFit.of(tokens, sparsity, losses, finalTokens, now.finalSparsity()));
  }
}
