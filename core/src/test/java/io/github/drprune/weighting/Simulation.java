package io.github.drprune.weighting;

import io.github.drprune.weighting.DomainsConfig.Strategy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A training run without a model: each domain's held-out loss follows a known power law of its own
 * tokens, {@code A n^-alpha + E}, with a little noise; the weighting decides where the budget goes.
 *
 * @param proportion of the data
 * @param target loss that the domain would reach had it the whole budget: what excess is measured
 *     against
 * @param guess reference losses as a user would set them
 */
record Simulation(
    double[] a,
    double[] alpha,
    double[] e,
    double[] proportion,
    double[] target,
    double[] guess,
    long seed) {
  static final int STEPS = 1000;
  static final int EVALUATE_EVERY = 20;
  static final long TOKENS_PER_STEP = 100_000;
  static final double NOISE = 0.002;

  /**
   * @param guessError standard deviation of the guessed references, in nats
   */
  static Simulation random(long seed, double guessError) {
    var random = new Random(seed);
    int n = 4 + random.nextInt(5);
    var problem =
        new Simulation(
            new double[n],
            new double[n],
            new double[n],
            new double[n],
            new double[n],
            new double[n],
            seed);
    double budget = (double) STEPS * TOKENS_PER_STEP;
    double sum = 0;
    for (int i = 0; i < n; i++) {
      problem.alpha[i] = random.nextDouble(0.2, 0.5);
      problem.e[i] = random.nextDouble(0.5, 2.5);
      problem.a[i] = random.nextDouble(0.02, 0.15) * Math.pow(budget, problem.alpha[i]);
      problem.proportion[i] = Math.exp(random.nextGaussian());
      sum += problem.proportion[i];
      problem.target[i] = problem.loss(i, budget);
      problem.guess[i] = Math.max(0, problem.target[i] + guessError * random.nextGaussian());
    }
    for (int i = 0; i < n; i++) {
      problem.proportion[i] /= sum;
    }
    return problem;
  }

  private double loss(int domain, double tokens) {
    return a[domain] * Math.pow(tokens, -alpha[domain]) + e[domain];
  }

  /** The largest final loss above its target. */
  double worstExcess(Strategy strategy, boolean givenReferences) {
    int n = a.length;
    var random = new Random(seed);
    List<String> names = new ArrayList<>();
    Map<String, Double> references = new LinkedHashMap<>();
    for (int i = 0; i < n; i++) {
      names.add("domain" + i);
      references.put("domain" + i, guess[i]);
    }
    var config = DomainsConfig.defaults().withStrategy(strategy);
    config = givenReferences ? config.withReferenceLoss(references) : config;
    var weighting = DomainWeighting.of(config, names, proportion, seed);
    var state = weighting.start();
    var tokens = new double[n];
    for (int step = 1; step <= STEPS; step++) {
      for (int i = 0; i < n; i++) {
        tokens[i] += TOKENS_PER_STEP * state.weights().get(i);
      }
      if (step % EVALUATE_EVERY == 0) {
        var seen = new long[n];
        var losses = new double[n];
        for (int i = 0; i < n; i++) {
          seen[i] = Math.round(tokens[i]);
          losses[i] = Math.max(0, loss(i, tokens[i]) + NOISE * random.nextGaussian());
        }
        state = weighting.update(state, Observation.unpruned(step, STEPS, seen, losses)).state();
      }
    }
    double worst = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      worst = Math.max(worst, loss(i, tokens[i]) - target[i]);
    }
    return worst;
  }
}
