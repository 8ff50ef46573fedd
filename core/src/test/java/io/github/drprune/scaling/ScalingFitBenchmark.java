package io.github.drprune.scaling;

import java.util.Random;

/** Prints how well final losses of random laws are predicted, as in docs/domain-weighting.md. */
public final class ScalingFitBenchmark {
  private static final int LAWS = 400;
  private static final double OUTLIER = 0.3;

  private ScalingFitBenchmark() {}

  public static void main(String[] args) {
    System.out.println(
        "noise | outliers | what | points | determined | mean error | largest | interval holds");
    for (double noise : new double[] {0, 0.004, 0.02}) {
      for (double outliers : new double[] {0, 0.05}) {
        for (boolean pruning : new boolean[] {false, true}) {
          for (int points : new int[] {11, 30, 64}) {
            print(noise, outliers, pruning, points);
          }
        }
      }
    }
  }

  private static void print(double noise, double outliers, boolean pruning, int count) {
    var random = new Random(1);
    int determined = 0;
    int held = 0;
    double sum = 0;
    double largest = 0;
    for (int k = 0; k < LAWS; k++) {
      var points = SimulatedPoints.random(random, count, pruning, noise);
      for (int i = 0; i < count; i++) {
        points.losses()[i] += random.nextDouble() < outliers ? OUTLIER : 0;
      }
      var fit = points.fit();
      if (fit.determined()) {
        double value = fit.law().loss(SimulatedPoints.LAST_TOKENS, SimulatedPoints.LAST_SPARSITY);
        double error = Math.abs(value / points.truth() - 1);
        determined++;
        sum += error;
        largest = Math.max(largest, error);
        held += points.truth() > fit.low() - 1e-6 && points.truth() < fit.high() + 1e-6 ? 1 : 0;
      }
    }
    System.out.printf(
        "%.3f | %.2f | %s | %d | %d of %d | %.2f%% | %.2f%% | %.0f%%%n",
        noise,
        outliers,
        pruning ? "pruning" : "training",
        count,
        determined,
        LAWS,
        100 * sum / determined,
        100 * largest,
        100.0 * held / determined);
  }
}
