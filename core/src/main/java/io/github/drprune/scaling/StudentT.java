package io.github.drprune.scaling;

/** Quantiles of Student's t distribution. */
final class StudentT {
  private static final double NORMAL = 1.959963984540054;

  private StudentT() {}

  /**
   * Half the width of the 95% interval, by the Cornish-Fisher expansion (Abramowitz and Stegun
   * 26.7.5); within 0.1% from 6 degrees of freedom on.
   */
  static double twoSided95(int freedom) {
    double z = NORMAL;
    double z2 = z * z;
    double first = z * (z2 + 1) / 4;
    double second = z * (5 * z2 * z2 + 16 * z2 + 3) / 96;
    double third = z * (3 * z2 * z2 * z2 + 19 * z2 * z2 + 17 * z2 - 15) / 384;
    double v = freedom;
    return z + first / v + second / (v * v) + third / (v * v * v);
  }
}
