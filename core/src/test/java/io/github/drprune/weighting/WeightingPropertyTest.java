package io.github.drprune.weighting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.config.DomainsConfig;
import io.github.drprune.config.DomainsConfig.Strategy;
import io.github.drprune.json.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

final class WeightingPropertyTest {
  private static final int CASES = 10_000;

  /** A problem, made of awkward parts: equal losses, zero proportions, tiny and huge spreads. */
  record Problem(double[] p, double[] losses, double[] reference, double rho, double minRatio) {
    static Problem random(Random random) {
      int n = random.nextInt(20) == 0 ? 200 : 1 + random.nextInt(12);
      var p = new double[n];
      var losses = new double[n];
      var reference = new double[n];
      double spread = Math.pow(10, random.nextInt(-12, 3));
      for (int i = 0; i < n; i++) {
        p[i] = random.nextInt(8) == 0 ? 0 : Math.exp(2 * random.nextGaussian());
        losses[i] = random.nextInt(4) == 0 ? 2 : Math.max(0, 2 + spread * random.nextGaussian());
        reference[i] =
            random.nextInt(4) == 0 ? 1 : Math.max(0, 1.5 + spread * random.nextGaussian());
      }
      p[random.nextInt(n)] += 0.1;
      return new Problem(
          Simplex.normalised(p),
          losses,
          reference,
          Math.pow(10, random.nextDouble(-6, 1)),
          random.nextBoolean() ? 0.2 : random.nextDouble());
    }

    RobustWeights solve() {
      return RobustWeights.of(
          p, losses, reference, Settings.of(Strategy.DRO, rho, minRatio, Map.of()));
    }

    double[] excess(double scale) {
      return IntStream.range(0, p.length)
          .mapToDouble(i -> losses[i] - scale * reference[i])
          .toArray();
    }

    List<String> names() {
      return IntStream.range(0, p.length).mapToObj(i -> "domain" + i).toList();
    }

    DomainsConfig config(Strategy strategy) {
      Map<String, Double> references = new LinkedHashMap<>();
      for (int i = 0; i < p.length; i++) {
        references.put("domain" + i, reference[i]);
      }
      return Settings.of(strategy, rho, minRatio, references);
    }

    Problem permuted(List<Integer> order) {
      return new Problem(
          permute(p, order), permute(losses, order), permute(reference, order), rho, minRatio);
    }
  }

  @Provide
  Arbitrary<Problem> problems() {
    return Arbitraries.randomValue(Problem::random);
  }

  static double[] permute(double[] values, List<Integer> order) {
    return order.stream().mapToDouble(i -> values[i]).toArray();
  }

  private static void assertDistribution(double[] q, double[] p) {
    boolean valid = Math.abs(Arrays.stream(q).sum() - 1) < 1e-9;
    for (int i = 0; i < q.length; i++) {
      valid &= q[i] >= 0 && (p[i] > 0 || q[i] == 0);
    }
    assertThat(valid).as("a distribution: %s", q).isTrue();
  }

  @Property(tries = CASES, shrinking = ShrinkingMode.OFF)
  void weightsAreADistributionAndMeetTheConstraint(@ForAll("problems") Problem problem) {
    var robust = problem.solve();
    assertDistribution(robust.weights(), problem.p);
    assertDistribution(robust.solution().weights(), problem.p);
    double divergence = ChiSquareBall.divergence(robust.solution().weights(), problem.p);
    if (robust.solution().reached()) {
      assertThat(divergence).isCloseTo(problem.rho, within(1e-9));
    } else {
      assertThat(divergence).isLessThan(problem.rho);
    }
  }

  @Property(tries = CASES, shrinking = ShrinkingMode.OFF)
  void everyStrategyGivesADistribution(
      @ForAll("problems") Problem problem, @ForAll Strategy strategy) {
    var weighting = DomainWeighting.of(problem.config(strategy), problem.names(), problem.p, 1);
    var seen = new long[problem.p.length];
    var outcome =
        weighting.update(weighting.start(), Observation.unpruned(30, 100, seen, problem.losses));
    assertDistribution(DomainWeighting.array(outcome.weights()), problem.p);
    assertDistribution(DomainWeighting.array(outcome.state().proportion()), problem.p);
  }

  /** Losses and references in other units give the same weights. */
  @Property(tries = CASES, shrinking = ShrinkingMode.OFF)
  void scaleDoesNotMatter(@ForAll("problems") Problem problem) {
    var scaled =
        new Problem(
            problem.p,
            Arrays.stream(problem.losses).map(x -> 8 * x).toArray(),
            Arrays.stream(problem.reference).map(x -> 8 * x).toArray(),
            problem.rho,
            problem.minRatio);
    assertThat(scaled.solve().weights()).isEqualTo(problem.solve().weights());
  }

  @Property(tries = CASES, shrinking = ShrinkingMode.OFF)
  void permutingDomainsPermutesWeights(@ForAll("problems") Problem problem, @ForAll long seed) {
    var order = new ArrayList<>(IntStream.range(0, problem.p.length).boxed().toList());
    Collections.shuffle(order, new Random(seed));
    double[] permuted = problem.permuted(order).solve().weights();
    double[] expected = permute(problem.solve().weights(), order);
    // Sums in another order round otherwise, and proportions of 1e-6 magnify that.
    double farthest =
        IntStream.range(0, expected.length)
            .mapToDouble(i -> Math.abs(permuted[i] - expected[i]))
            .max()
            .orElseThrow();
    assertThat(farthest).isLessThan(1e-7);
  }

  @Property(tries = CASES, shrinking = ShrinkingMode.OFF)
  void higherLossNeverGetsLessWeight(@ForAll("problems") Problem problem) {
    int n = problem.p.length;
    var equal = new double[n];
    Arrays.fill(equal, 1.0 / n);
    var robust =
        new Problem(equal, problem.losses, problem.reference, problem.rho, problem.minRatio)
            .solve();
    double[] excess = problem.excess(robust.referenceScale());
    boolean ordered = true;
    for (int i = 1; i < n; i++) {
      int above = excess[i] >= excess[i - 1] ? i : i - 1;
      int below = 2 * i - 1 - above;
      ordered &= robust.weights()[above] >= robust.weights()[below];
    }
    assertThat(ordered).isTrue();
  }

  /**
   * A run of random length, in training or pruning, saved and restored before its last evaluations.
   */
  @Property(tries = CASES, shrinking = ShrinkingMode.OFF)
  void restoredStateGoesOnIdentically(@ForAll long seed, @ForAll Strategy strategy) {
    var random = new Random(seed);
    int n = 2 + random.nextInt(2);
    var problem = smallRun(n, random);
    var weighting = DomainWeighting.of(problem.config(strategy), problem.names(), problem.p, seed);
    var state = weighting.start();
    boolean pruning = random.nextBoolean();
    int evaluations = 1 + random.nextInt(3);
    if (strategy == Strategy.DRPRUNING) {
      // Enough for fits, now and then for eviction too.
      evaluations += random.nextInt(50) == 0 ? 70 : 10;
    }
    int saveAt = random.nextInt(evaluations);
    WeightingState restored = null;
    for (int k = 1; k <= evaluations; k++) {
      if (k - 1 == saveAt) {
        restored = Json.read(Json.line(state), WeightingState.class, "state");
        assertSame(restored, state);
      }
      var observation = observation(k, evaluations, n, pruning, random);
      state = weighting.observeTraining(state, observation.losses());
      state = weighting.update(state, observation).state();
      if (restored != null) {
        restored = weighting.observeTraining(restored, observation.losses());
        restored = weighting.update(restored, observation).state();
        assertSame(restored, state);
      }
    }
    assertSame(restored, state);
  }

  /** AssertJ's own comparison of nested lists takes most of the test's time. */
  private static void assertSame(WeightingState restored, WeightingState state) {
    if (!state.equals(restored)) {
      assertThat(restored).isEqualTo(state);
    }
  }

  private static Problem smallRun(int n, Random random) {
    var p = new double[n];
    var reference = new double[n];
    for (int i = 0; i < n; i++) {
      p[i] = random.nextDouble(0.1, 1);
      reference[i] = random.nextDouble(1, 2);
    }
    return new Problem(Simplex.normalised(p), reference, reference, 0.1, 0.2);
  }

  private static Observation observation(
      int k, int evaluations, int n, boolean pruning, Random random) {
    var tokens = new long[n];
    var losses = new double[n];
    for (int i = 0; i < n; i++) {
      tokens[i] = 1000L * k + random.nextInt(100);
      losses[i] = 1.5 + 10 * Math.pow(tokens[i], -0.3) + 0.01 * random.nextGaussian();
    }
    double sparsity = pruning ? Math.min(0.5, 0.01 * k) : Double.NaN;
    double last = pruning ? 0.5 : Double.NaN;
    return new Observation(k, evaluations, tokens, losses, sparsity, last);
  }
}
