package io.github.drprune.weighting;

import io.github.drprune.weighting.DomainsConfig.Strategy;

/** Prints the table of simulated runs in docs/domain-weighting.md. */
public final class SimulationBenchmark {
  private static final int PROBLEMS = 100;

  private SimulationBenchmark() {}

  public static void main(String[] args) {
    System.out.println(
        "error of given references, nats | wins of drpruning over | mean worst excess");
    System.out.println("      | constant | sheared | drpruning | sheared | dro | constant");
    for (double error : new double[] {0, 0.05, 0.1, 0.15, 0.2, 0.4}) {
      int overConstant = 0;
      int overSheared = 0;
      var sum = new double[4];
      for (int seed = 0; seed < PROBLEMS; seed++) {
        var problem = Simulation.random(seed, error);
        double[] worst = {
          problem.worstExcess(Strategy.DRPRUNING, true),
          problem.worstExcess(Strategy.SHEARED, true),
          problem.worstExcess(Strategy.DRO, true),
          problem.worstExcess(Strategy.CONSTANT, true)
        };
        overSheared += worst[0] < worst[1] ? 1 : 0;
        overConstant += worst[0] < worst[3] ? 1 : 0;
        for (int i = 0; i < worst.length; i++) {
          sum[i] += worst[i] / PROBLEMS;
        }
      }
      System.out.printf(
          "%.2f  | %d | %d | %.3f | %.3f | %.3f | %.3f%n",
          error, overConstant, overSheared, sum[0], sum[1], sum[2], sum[3]);
    }
  }
}
