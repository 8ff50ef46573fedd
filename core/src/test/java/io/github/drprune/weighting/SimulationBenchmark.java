package io.github.drprune.weighting;

import io.github.drprune.config.DomainsConfig.Strategy;
import java.util.List;

/** Prints the tables of simulated runs in docs/domain-weighting.md and instruction-tuning.md. */
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
    tuning();
  }

  private static void tuning() {
    List<String> settings =
        List.of(
            "strategy=constant",
            "strategy=sheared",
            "strategy=drpruning",
            "rho=0.1",
            "rho=0.3",
            "rho=3",
            "keep_references=false",
            "floor_at_smallest=false",
            "rho=0.1 keep_references=false");
    for (boolean equalSizes : new boolean[] {true, false}) {
      for (double error : new double[] {0, 0.1, 0.3}) {
        System.out.printf(
            "%ntuning, sizes %s, error %.1f%n", equalSizes ? "equal" : "other", error);
        for (String setting : settings) {
          double sum = 0;
          int overSheared = 0;
          for (int seed = 0; seed < PROBLEMS; seed++) {
            var problem = Simulation.tuning(seed, error, equalSizes);
            double worst = problem.worstExcess(Settings.ofTune(problem.references(), setting));
            double sheared =
                problem.worstExcess(Settings.ofTune(problem.references(), "strategy=sheared"));
            sum += worst;
            overSheared += worst < sheared ? 1 : 0;
          }
          System.out.printf(
              "%-55s %.3f, better than sheared in %d%n", setting, sum / PROBLEMS, overSheared);
        }
      }
    }
  }
}
