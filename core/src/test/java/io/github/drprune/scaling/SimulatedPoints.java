package io.github.drprune.scaling;

import java.util.Arrays;
import java.util.Random;
import java.util.function.IntToDoubleFunction;

/** A law as domains have them, and points along the first third of a run. */
record SimulatedPoints(ScalingLaw law, double[] tokens, double[] sparsity, double[] losses) {
  static final double LAST_TOKENS = 6e6;
  static final double LAST_SPARSITY = 0.5;

  static SimulatedPoints random(Random random, int n, boolean pruning, double noise) {
    double alpha = random.nextDouble(0.2, 0.5);
    double beta = pruning ? -random.nextDouble(0.2, 1) : 0;
    double a = random.nextDouble(0.3, 1.2) * Math.pow(2e5, alpha) * Math.pow(0.45, beta);
    var law = new ScalingLaw(a, alpha, beta, random.nextDouble(0.6, 2.2));
    double[] tokens = series(n, i -> 2e5 + 1.8e6 * i / (n - 1));
    double[] sparsity = series(n, i -> Math.min(0.45, 0.05 + 0.55 * i / (n - 1)));
    double[] losses =
        series(n, i -> law.loss(tokens[i], sparsity[i]) + noise * random.nextGaussian());
    return new SimulatedPoints(law, tokens, pruning ? sparsity : null, losses);
  }

  ScalingFit fit() {
    return ScalingFit.of(tokens, sparsity, losses, LAST_TOKENS, LAST_SPARSITY);
  }

  double truth() {
    return law.loss(LAST_TOKENS, LAST_SPARSITY);
  }

  static double[] series(int n, IntToDoubleFunction value) {
    var series = new double[n];
    Arrays.setAll(series, value);
    return series;
  }
}
