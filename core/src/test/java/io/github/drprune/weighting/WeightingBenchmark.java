package io.github.drprune.weighting;

import io.github.drprune.scaling.ScalingLaw;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Times an update of 100 domains with 64 points on record each, fits of all domains included. */
public final class WeightingBenchmark {
  private static final int DOMAINS = 100;
  private static final int STEPS = 1000;
  private static final int REPETITIONS = 200;

  private WeightingBenchmark() {}

  public static void main(String[] args) {
    time(false);
    time(true);
  }

  private static void time(boolean pruning) {
    var random = new Random(1);
    List<String> names = new ArrayList<>();
    List<ScalingLaw> laws = new ArrayList<>();
    for (int i = 0; i < DOMAINS; i++) {
      names.add("domain" + i);
      double alpha = random.nextDouble(0.2, 0.5);
      double reducible = random.nextDouble(0.2, 0.8);
      double beta = pruning ? -random.nextDouble(0.2, 1) : 0;
      laws.add(new ScalingLaw(reducible * Math.pow(1e6, alpha), alpha, beta, 1.5));
    }
    var shares = new double[DOMAINS];
    Arrays.fill(shares, 1.0 / DOMAINS);
    var weighting = DomainWeighting.of(DomainsConfig.defaults(), names, shares, 0);
    var state = weighting.start();
    for (int step = 10; step <= 700; step += 10) {
      state = weighting.update(state, observation(laws, step, pruning, random)).state();
    }
    var observation = observation(laws, 710, pruning, random);
    var milliseconds = new double[REPETITIONS];
    for (int i = 0; i < REPETITIONS; i++) {
      long start = System.nanoTime();
      weighting.update(state, observation);
      milliseconds[i] = (System.nanoTime() - start) / 1e6;
    }
    Arrays.sort(milliseconds);
    System.out.printf(
        "%s, %d domains, %d points: median %.1f ms, fastest %.1f ms, slowest %.1f ms of %d%n",
        pruning ? "pruning" : "training",
        DOMAINS,
        state.points().size(),
        milliseconds[REPETITIONS / 2],
        milliseconds[0],
        milliseconds[REPETITIONS - 1],
        REPETITIONS);
  }

  private static Observation observation(
      List<ScalingLaw> laws, int step, boolean pruning, Random random) {
    var tokens = new long[DOMAINS];
    var losses = new double[DOMAINS];
    double sparsity = Math.min(0.5, 0.05 + step / 1000.0);
    for (int i = 0; i < DOMAINS; i++) {
      tokens[i] = step * 10_000L + random.nextInt(1000);
      losses[i] = laws.get(i).loss(tokens[i], sparsity) + 0.004 * random.nextGaussian();
    }
    return pruning
        ? new Observation(step, STEPS, tokens, losses, sparsity, 0.5)
        : Observation.unpruned(step, STEPS, tokens, losses);
  }
}
