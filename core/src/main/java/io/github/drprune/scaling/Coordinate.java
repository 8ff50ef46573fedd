package io.github.drprune.scaling;

/**
 * One coordinate of the search for exponents (see {@link SeparableCurve}): its bounds, where to
 * start, and what is known of it before the points are seen, a normal prior.
 *
 * @param deviation infinite for no prior
 */
record Coordinate(double low, double high, double mean, double deviation, double... starts) {
  double precision() {
    return 1 / (deviation * deviation);
  }

  /** Squared distance to the prior's mean in deviations: zero without a prior. */
  double penalty(double value) {
    double distance = (value - mean) / deviation;
    return distance * distance;
  }

  boolean isBound(double value) {
    return value <= low || value >= high;
  }
}
