package io.github.drprune.weighting;

/**
 * The distribution that leans towards large excess losses at a chosen chi-square divergence from a
 * reference proportion: {@code q_i} proportional to {@code p_i max(0, e_i - eta)}, the ratio {@code
 * q_i / p_i} floored at {@code minRatio}, renormalised, with {@code eta} such that {@code 1/2 sum_i
 * p_i (q_i / p_i - 1)^2 = rho} (DRPruning, arXiv 2411.14055, section 3.1).
 *
 * <p>The divergence never falls as eta rises, floor and renormalisation included, so the root is
 * bracketed and bisected to adjacent doubles. Above the second largest excess the distribution no
 * longer changes: all that is not floored is on the domains of the largest excess. Where even that
 * stays short of rho it is the answer, the most robust one there is.
 */
final class ChiSquareBall {
  /**
   * @param weights sum to one; zero where the proportion is
   * @param reached whether the divergence is rho
   * @param atMinRatio the domains that the floor raised
   */
  record Solution(double[] weights, double divergence, boolean reached, boolean[] atMinRatio) {}

  private static final double TOLERANCE = 1e-9;

  private final double[] p;
  private final double[] below; // excess below the largest, in units of the largest spread: [-1, 0]
  private final double rho;
  private final double minRatio;
  private final double[] ratio;
  private final boolean[] atMinRatio;

  private ChiSquareBall(double[] p, double[] below, double rho, double minRatio) {
    this.p = p;
    this.below = below;
    this.rho = rho;
    this.minRatio = minRatio;
    ratio = new double[p.length];
    atMinRatio = new boolean[p.length];
  }

  /**
   * @param p sums to one; domains of proportion zero get no weight and do not matter
   * @param excess finite
   */
  static Solution solve(double[] p, double[] excess, double rho, double minRatio) {
    double top = Double.NEGATIVE_INFINITY;
    double bottom = Double.POSITIVE_INFINITY;
    for (int i = 0; i < p.length; i++) {
      if (p[i] > 0) {
        top = Math.max(top, excess[i]);
        bottom = Math.min(bottom, excess[i]);
      }
    }
    if (top == bottom) {
      return new Solution(p.clone(), 0, rho <= TOLERANCE, new boolean[p.length]);
    }
    var below = new double[p.length];
    for (int i = 0; i < p.length; i++) {
      below[i] = p[i] > 0 ? (excess[i] - top) / (top - bottom) : -1;
    }
    return new ChiSquareBall(p, below, rho, minRatio).solve();
  }

  private Solution solve() {
    // tau = (max e - eta) / (max e - min e) falls as eta rises.
    double low = 1;
    for (int i = 0; i < p.length; i++) {
      if (p[i] > 0 && below[i] < 0) {
        low = Math.min(low, -below[i]);
      }
    }
    double most = divergenceAt(low);
    if (most <= rho) {
      return solution(most, most >= rho - TOLERANCE);
    }
    double high = 2 * low;
    while (divergenceAt(high) > rho) {
      low = high;
      high *= 2;
    }
    double middle = low + (high - low) / 2;
    while (middle > low && middle < high) {
      if (divergenceAt(middle) > rho) {
        low = middle;
      } else {
        high = middle;
      }
      middle = low + (high - low) / 2;
    }
    return solution(divergenceAt(high), true);
  }

  /** The divergence at {@code tau}; leaves the ratios q / p and the floor's doing in the fields. */
  private double divergenceAt(double tau) {
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      ratio[i] = Math.max(0, tau + below[i]);
      sum += p[i] * ratio[i];
    }
    double floor = minRatio * sum;
    double floored = 0;
    for (int i = 0; i < p.length; i++) {
      atMinRatio[i] = p[i] > 0 && ratio[i] < floor;
      ratio[i] = Math.max(floor, ratio[i]);
      floored += p[i] * ratio[i];
    }
    double divergence = 0;
    for (int i = 0; i < p.length; i++) {
      ratio[i] /= floored;
      divergence += p[i] * (ratio[i] - 1) * (ratio[i] - 1);
    }
    return divergence / 2;
  }

  private Solution solution(double divergence, boolean reached) {
    var weights = new double[p.length];
    for (int i = 0; i < p.length; i++) {
      weights[i] = p[i] * ratio[i];
    }
    return new Solution(weights, divergence, reached, atMinRatio);
  }

  /** {@code 1/2 sum_i p_i (q_i / p_i - 1)^2} over the domains with a proportion. */
  static double divergence(double[] q, double[] p) {
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      if (p[i] > 0) {
        double away = q[i] / p[i] - 1;
        sum += p[i] * away * away;
      }
    }
    return sum / 2;
  }
}
