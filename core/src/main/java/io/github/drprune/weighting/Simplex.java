package io.github.drprune.weighting;

/** Distributions over domains. */
final class Simplex {
  private Simplex() {}

  /** {@code values} over their sum. */
  static double[] normalised(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    var shares = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      shares[i] = values[i] / sum;
    }
    return shares;
  }

  /**
   * The distribution proportional to {@code weights} but for the domains held at their floor or
   * cap. Some distribution must lie within both, up to rounding, and every domain without weight
   * have floor zero.
   */
  static double[] within(double[] weights, double[] floors, double[] caps) {
    double low = 0;
    double high = 1;
    while (sumAt(high, weights, floors, caps) < 1 && high < Double.MAX_VALUE / 2) {
      high *= 2;
    }
    double middle = low + (high - low) / 2;
    while (middle > low && middle < high) {
      if (sumAt(middle, weights, floors, caps) < 1) {
        low = middle;
      } else {
        high = middle;
      }
      middle = low + (high - low) / 2;
    }
    var bounded = new double[weights.length];
    for (int i = 0; i < weights.length; i++) {
      bounded[i] = Math.clamp(high * weights[i], floors[i], caps[i]);
    }
    return bounded;
  }

  private static double sumAt(double scale, double[] weights, double[] floors, double[] caps) {
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      sum += Math.clamp(scale * weights[i], floors[i], caps[i]);
    }
    return sum;
  }
}
