package io.github.drprune.weighting;

import io.github.drprune.config.DomainsConfig;
import io.github.drprune.config.DomainsConfig.Strategy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A training run without a model: each domain's held-out loss follows a known power law of its own
 * tokens, {@code A (n + head)^-alpha + E}, with a little noise; the weighting decides where the
 * budget goes.
 *
 * @param head what the model has of a domain before the run, in tokens
 * @param proportion of the data
 * @param target loss that the domain would reach had it the whole budget: what excess is measured
 *     against
 * @param guess reference losses as a user would set them
 */
record Simulation(
    double[] a,
    double[] alpha,
    double[] e,
    double head,
    double[] proportion,
    double[] target,
    double[] guess,
    Schedule schedule,
    long seed) {
  /**
   * How a run goes.
   *
   * @param noise standard deviation of held-out losses, in nats
   */
  record Schedule(int steps, int evaluateEvery, double tokensPerStep, double noise) {
    double budget() {
      return steps * tokensPerStep;
    }
  }

  static final Schedule PRETRAINING = new Schedule(1000, 20, 100_000, 0.002);

  /** Its unit is the conversation, not the token. */
  static final Schedule TUNING = new Schedule(300, 10, 16, 0.02);

  private static Simulation ofDomains(int n, double head, Schedule schedule, long seed) {
    return new Simulation(
        new double[n],
        new double[n],
        new double[n],
        head,
        new double[n],
        new double[n],
        new double[n],
        schedule,
        seed);
  }

  /**
   * @param guessError standard deviation of the guessed references, in nats
   */
  static Simulation random(long seed, double guessError) {
    var random = new Random(seed);
    var problem = ofDomains(4 + random.nextInt(5), 0, PRETRAINING, seed);
    double sum = 0;
    for (int i = 0; i < problem.domains(); i++) {
      problem.alpha[i] = random.nextDouble(0.2, 0.5);
      problem.e[i] = random.nextDouble(0.5, 2.5);
      problem.a[i] =
          random.nextDouble(0.02, 0.15) * Math.pow(PRETRAINING.budget(), problem.alpha[i]);
      problem.proportion[i] = Math.exp(random.nextGaussian());
      sum += problem.proportion[i];
      problem.aim(i, guessError, random);
    }
    problem.divideProportion(sum);
    return problem;
  }

  /** Three tasks whose losses are 2 to 4 nats above their limits at first, and fall fast. */
  static Simulation tuning(long seed, double guessError, boolean equalSizes) {
    var random = new Random(seed);
    var problem = ofDomains(3, 80, TUNING, seed);
    double sum = 0;
    for (int i = 0; i < problem.domains(); i++) {
      problem.alpha[i] = random.nextDouble(0.3, 1.2);
      problem.e[i] = random.nextDouble(0, 1);
      problem.a[i] = random.nextDouble(2, 4) * Math.pow(problem.head, problem.alpha[i]);
      problem.proportion[i] = equalSizes ? 1 : Math.exp(random.nextGaussian());
      sum += problem.proportion[i];
      problem.aim(i, guessError, random);
    }
    problem.divideProportion(sum);
    return problem;
  }

  private void aim(int domain, double guessError, Random random) {
    target[domain] = loss(domain, schedule.budget());
    guess[domain] = Math.max(0, target[domain] + guessError * random.nextGaussian());
  }

  private void divideProportion(double sum) {
    for (int i = 0; i < domains(); i++) {
      proportion[i] /= sum;
    }
  }

  private int domains() {
    return a.length;
  }

  private double loss(int domain, double tokens) {
    return a[domain] * Math.pow(tokens + head, -alpha[domain]) + e[domain];
  }

  private List<String> names() {
    return IntStream.range(0, domains()).mapToObj(i -> "domain" + i).toList();
  }

  /** The guesses by domain. */
  Map<String, Double> references() {
    Map<String, Double> references = new LinkedHashMap<>();
    for (int i = 0; i < domains(); i++) {
      references.put(names().get(i), guess[i]);
    }
    return references;
  }

  /** The largest final loss above its target. */
  double worstExcess(Strategy strategy, boolean givenReferences) {
    return worstExcess(Settings.of(strategy, 0.1, 0.2, givenReferences ? references() : Map.of()));
  }

  double worstExcess(DomainsConfig config) {
    int n = domains();
    var random = new Random(seed);
    var weighting = DomainWeighting.of(config, names(), proportion, seed);
    var state = weighting.start();
    var tokens = new double[n];
    int steps = schedule.steps();
    for (int step = 1; step <= steps; step++) {
      for (int i = 0; i < n; i++) {
        tokens[i] += schedule.tokensPerStep() * state.weights().get(i);
      }
      if (step % schedule.evaluateEvery() == 0) {
        var seen = new long[n];
        var losses = new double[n];
        for (int i = 0; i < n; i++) {
          seen[i] = Math.round(tokens[i]);
          losses[i] = Math.max(0, loss(i, tokens[i]) + schedule.noise() * random.nextGaussian());
        }
        state = weighting.update(state, Observation.unpruned(step, steps, seen, losses)).state();
      }
    }
    double worst = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      worst = Math.max(worst, loss(i, tokens[i]) - target[i]);
    }
    return worst;
  }
}
