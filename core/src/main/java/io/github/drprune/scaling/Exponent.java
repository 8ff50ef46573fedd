package io.github.drprune.scaling;

/**
 * What is known of an exponent before the points are seen: its bounds, and a normal prior of it or
 * (where {@code logarithmic}) of its logarithm; an infinite deviation is no prior.
 *
 * @param mean of the prior, in the searched coordinate
 * @param deviation of the prior, in the searched coordinate
 * @param starts exponents to start the search from
 */
record Exponent(
    double low, double high, boolean logarithmic, double mean, double deviation, double... starts) {
  /** The searched coordinate of an exponent. */
  double coordinate(double exponent) {
    return logarithmic ? Math.log(exponent) : exponent;
  }

  /** The exponent at a searched coordinate, kept within the bounds. */
  double at(double coordinate) {
    return Math.clamp(logarithmic ? Math.exp(coordinate) : coordinate, low, high);
  }

  /** How the exponent moves with the searched coordinate. */
  double slope(double exponent) {
    return logarithmic ? exponent : 1;
  }

  double precision() {
    return 1 / (deviation * deviation);
  }

  /** Squared distance to the prior's mean in deviations: zero without a prior. */
  double penalty(double exponent) {
    double distance = (coordinate(exponent) - mean) / deviation;
    return distance * distance;
  }

  /** Precision times the distance to the prior's mean. */
  double pull(double exponent) {
    return precision() * (coordinate(exponent) - mean);
  }

  boolean isBound(double exponent) {
    return exponent <= low || exponent >= high;
  }
}
