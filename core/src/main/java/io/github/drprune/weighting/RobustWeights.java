package io.github.drprune.weighting;

import io.github.drprune.config.DomainsConfig;
import io.github.drprune.weighting.ChiSquareBall.Solution;

/**
 * One robust step of the paper: excess losses, the chi-square ball, and the floor at the smallest
 * proportion.
 *
 * @param weights after the floor
 * @param solution before it; this is what meets the constraint
 * @param referenceScale what the reference losses were multiplied with: one, or 0.9, 0.8, ... where
 *     every domain was already better than its reference
 * @param raised the domains below the smallest proportion
 */
record RobustWeights(double[] weights, Solution solution, double referenceScale, boolean[] raised) {
  static RobustWeights of(double[] p, double[] losses, double[] reference, DomainsConfig config) {
    int tenths = 10;
    while (tenths > 0 && largestExcess(p, losses, reference, tenths / 10.0) < 0) {
      tenths--;
    }
    double scale = tenths / 10.0;
    var excess = new double[p.length];
    for (int i = 0; i < p.length; i++) {
      excess[i] = p[i] > 0 ? losses[i] - scale * reference[i] : 0;
    }
    Solution solution = ChiSquareBall.solve(p, excess, config.rho(), config.minRatio());
    if (!config.floorAtSmallest()) {
      return new RobustWeights(solution.weights(), solution, scale, new boolean[p.length]);
    }
    double smallest = 1;
    for (double share : p) {
      smallest = share > 0 ? Math.min(smallest, share) : smallest;
    }
    double[] weights = solution.weights().clone();
    var raised = new boolean[p.length];
    for (int i = 0; i < p.length; i++) {
      raised[i] = p[i] > 0 && weights[i] < smallest;
      weights[i] = raised[i] ? smallest : weights[i];
    }
    return new RobustWeights(Simplex.normalised(weights), solution, scale, raised);
  }

  private static double largestExcess(
      double[] p, double[] losses, double[] reference, double scale) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < p.length; i++) {
      if (p[i] > 0) {
        largest = Math.max(largest, losses[i] - scale * reference[i]);
      }
    }
    return largest;
  }
}
