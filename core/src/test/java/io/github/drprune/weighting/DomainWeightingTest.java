package io.github.drprune.weighting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.config.DomainsConfig;
import io.github.drprune.config.DomainsConfig.Strategy;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.error.UserException;
import io.github.drprune.weighting.WeightingOutcome.Limit;
import io.github.drprune.weighting.WeightingState.Reference;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DomainWeightingTest {
  private static final List<String> NAMES = List.of("wiki", "web");
  private static final double[] HALVES = {0.5, 0.5};
  private static final String REFERENCES = "reference_loss={wiki: 1, web: 1}";

  private static DomainsConfig config(String... sets) {
    try {
      return ConfigLoader.load(Optional.empty(), List.of(sets), DomainsConfig.class);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static DomainWeighting weighting(String... sets) {
    return DomainWeighting.of(config(sets), NAMES, HALVES, 1);
  }

  private static Observation observation(long step, double... losses) {
    return Observation.unpruned(step, 100, new long[] {step * 1000, step * 1000}, losses);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "proportion={wiki: 0.5, wob: 0.5} | the data has no domain 'wob' (did you mean 'web'?)",
        "proportion={wiki: 1} | has no value for the domain 'web'",
        "proportion={wiki: 0.5, web: 0.6} | must sum to 1, sums to 1.1",
        "reference_loss={books: 1} | domains.reference_loss: the data has no domain 'books'",
        "reference_loss={wiki: -1} | -1.0 is out of range",
        "reference_loss={wiki: much} | expected a number",
        "rho=0 | 0.0 is out of range: choose a number above 0",
        "rho=-0.1 | -0.1 is out of range",
        "strategy=dro | 'wiki', and strategy 'dro' needs one for each",
        "floors={wiki: 0.6, web: 0.6} | domains.floors: must sum to 1 or less",
        "caps={wiki: 0.3, web: 0.3} | domains.caps: must sum to 1 or more",
        "caps={wob: 0.3} | domains.caps: the data has no domain 'wob'",
        "alarm_share=0.1 | 0.1 is out of range",
      })
  void refusesSettings(String set, String message) {
    assertThatThrownBy(() -> weighting(set))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(message)
        .hasMessageNotContaining("\n");
  }

  @Test
  void refusesAFloorWithoutProportion() {
    assertThatThrownBy(() -> weighting("proportion={wiki: 1, web: 0}", "floors={web: 0.1}"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("'web' has proportion 0");
  }

  @ParameterizedTest
  @CsvSource({"NaN, NaN", "-0.5, -0.5", "Infinity, Infinity"})
  void refusesLosses(double loss, String shown) {
    var weighting = weighting();
    assertThatThrownBy(() -> weighting.update(weighting.start(), observation(1, 1, loss)))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("held-out loss of 'web' is " + shown);
  }

  @Test
  void refusesAStateOfOtherDomains() {
    var other = DomainWeighting.of(config(), List.of("wiki", "books"), HALVES, 1).start();
    assertThatThrownBy(() -> weighting().update(other, observation(1, 1, 1)))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("[wiki, books]")
        .hasMessageContaining("[wiki, web]");
  }

  @Test
  void refusesFiguresOfAnotherNumberOfDomains() {
    var weighting = weighting();
    assertThatThrownBy(() -> weighting.update(weighting.start(), observation(1, 1, 1, 1)))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("3 domains, the data has 2");
  }

  /**
   * As {@link ChiSquareBallTest#twoEqualDomains}: q = (0.6, 0.4) at rho 0.02. The smallest
   * proportion, 0.5, then raises web: (0.6, 0.5) / 1.1 = (6/11, 5/11).
   */
  @Test
  void reportsWhatMovedTheWeights() {
    var weighting = weighting("strategy=dro", "rho=0.02", REFERENCES);
    var outcome = weighting.update(weighting.start(), observation(1, 2, 1));

    assertThat(outcome.weights().get(0)).isCloseTo(6.0 / 11, within(1e-12));
    assertThat(outcome.robust().orElseThrow().divergence()).isCloseTo(0.02, within(1e-12));
    assertThat(outcome.robust().orElseThrow().rhoReached()).isTrue();
    assertThat(outcome.limits().get(1)).containsExactly(Limit.SMALLEST_PROPORTION);
    var event = outcome.event();
    assertThat(event.limited()).containsExactly("web");
    assertThat(event.excess()).isEqualTo(Map.of("wiki", 1.0, "web", 0.0));
    assertThat(event.referenceProportion()).isEqualTo(Map.of("wiki", 0.5, "web", 0.5));
    assertThat(event.rhoReached()).isTrue();
    // 1/2 (1/2 (1/11)^2 + 1/2 (1/11)^2) = 1/242
    assertThat(event.divergence()).isCloseTo(1.0 / 242, within(1e-12));
  }

  /** As above without the floor: the solution of the constraint itself. */
  @Test
  void equalDomainsGiveUpWhatTheConstraintSays() {
    var weighting = weighting("strategy=dro", "rho=0.02", "floor_at_smallest=false", REFERENCES);
    var outcome = weighting.update(weighting.start(), observation(1, 2, 1));

    assertThat(outcome.weights().get(0)).isCloseTo(0.6, within(1e-12));
    assertThat(outcome.divergence()).isCloseTo(0.02, within(1e-12));
    assertThat(outcome.event().limited()).isEmpty();
  }

  /**
   * Both better than their references 2: at 0.9 the excesses are -0.3 and 0.2 - still one above.
   */
  @Test
  void lowersReferencesThatAllDomainsBeat() {
    var weighting = weighting("strategy=dro", "reference_loss={wiki: 2, web: 1.5}");
    var outcome = weighting.update(weighting.start(), observation(1, 1.5, 1.4));

    assertThat(outcome.robust().orElseThrow().referenceScale()).isEqualTo(0.9);
    assertThat(outcome.weights().get(1)).isGreaterThan(outcome.weights().get(0));
  }

  /** Caps hold exactly, and what they cut off goes to the others in proportion. */
  @Test
  void holdsFloorsAndCaps() {
    var names = List.of("a", "b", "c");
    double[] shares = {0.6, 0.3, 0.1};
    var weighting =
        DomainWeighting.of(
            config("strategy=constant", "caps={a: 0.4}", "floors={c: 0.24}"), names, shares, 1);
    var outcome =
        weighting.update(
            weighting.start(), Observation.unpruned(1, 10, new long[3], new double[3]));

    assertThat(outcome.weights().get(0)).isEqualTo(0.4);
    assertThat(outcome.weights().get(1)).isCloseTo(0.36, within(1e-12));
    assertThat(outcome.weights().get(2)).isEqualTo(0.24);
    assertThat(outcome.limits().get(0)).containsExactly(Limit.CAP);
    assertThat(outcome.limits().get(2)).containsExactly(Limit.FLOOR);
  }

  /** Caps of 0.7, 0.2 and 0.1 sum to less than 1 as doubles, such floors to more. */
  @Test
  void limitsThatLeaveOneDistributionAreTaken() {
    var ofCaps =
        DomainWeighting.of(
            config("strategy=constant", "caps={a: 0.7, b: 0.2, c: 0.1}"),
            List.of("a", "b", "c"),
            new double[] {0.1, 0.2, 0.7},
            1);
    assertThat(ofCaps.start().weights()).containsExactly(0.7, 0.2, 0.1);
    var ofFloors =
        DomainWeighting.of(
            config("strategy=constant", "floors={a: 0.05, b: 0.55, c: 0.3, d: 0.1}"),
            List.of("a", "b", "c", "d"),
            new double[] {0.4, 0.3, 0.2, 0.1},
            1);
    assertThat(ofFloors.start().weights()).containsExactly(0.05, 0.55, 0.3, 0.1);
    assertThatThrownBy(() -> weighting("caps={wiki: 0.5, web: 0.49999}"))
        .isInstanceOf(UserException.class);
    assertThatThrownBy(() -> weighting("floors={wiki: 0.5, web: 0.50001}"))
        .isInstanceOf(UserException.class);
  }

  /** Weights that answer one evaluation alone follow its noise from side to side. */
  @Test
  void smoothedWeightsGoHalfOfTheWay() {
    String[] robust = {REFERENCES, "strategy=dro", "floor_at_smallest=false"};
    var jumping = weighting(robust);
    var smooth =
        weighting(
            Stream.concat(Stream.of(robust), Stream.of("smoothing=0.5", "caps={wiki: 0.6}"))
                .toArray(String[]::new));
    var one = observation(10, 2.01, 2.0);
    var other = observation(20, 2.0, 2.01);
    double far = jumping.update(jumping.start(), one).weights().getFirst();
    assertThat(far).isGreaterThan(0.7);
    WeightingState state = smooth.update(smooth.start(), one).state();
    // Capped at 0.6, then half of the way.
    assertThat(state.weights().getFirst()).isCloseTo(0.55, within(1e-12));
    state = smooth.update(state, other).state();
    assertThat(state.weights().getFirst()).isCloseTo((0.55 + 1 - far) / 2, within(1e-12));
    assertThat(state.weights().getLast()).isCloseTo(1 - state.weights().getFirst(), within(1e-12));
    var alone = weighting("smoothing=0.5"); // no references yet
    assertThat(alone.update(alone.start(), one).weights()).containsExactly(0.5, 0.5);
  }

  @Test
  void warnsOnceOfCollapse() {
    var weighting = weighting("strategy=sheared", REFERENCES, "alarm_evaluations=2");
    var state = weighting.start();
    List<Long> warned = new ArrayList<>();
    for (int step = 1; step <= 20; step++) {
      var outcome = weighting.update(state, observation(step, 2, 1));
      outcome.warnings().forEach(warning -> warned.add(warning.step()));
      state = outcome.state();
    }
    // Weights e^k to 1: 0.88 after two evaluations, 0.95 after three, so the fourth is the second.
    assertThat(warned).containsExactly(4L);
  }

  @Test
  void trainingLossesAverageOverTheBatchesThatHaveTheDomain() {
    var weighting = weighting("losses=training", "strategy=dro", REFERENCES);
    var state = weighting.observeTraining(weighting.start(), new double[] {2, Double.NaN});

    var held = weighting.update(state, observation(1, Double.NaN, Double.NaN));
    assertThat(held.held()).isTrue();
    assertThat(held.weights()).containsExactly(0.5, 0.5);

    state = weighting.observeTraining(held.state(), new double[] {3, 1.5});
    var outcome = weighting.update(state, observation(2, Double.NaN, Double.NaN));
    // 2 + 0.1 (3 - 2) = 2.1, and web's first loss as it is
    assertThat(outcome.excess().get(0).orElseThrow()).isCloseTo(1.1, within(1e-12));
    assertThat(outcome.excess().get(1).orElseThrow()).isCloseTo(0.5, within(1e-12));
    assertThat(outcome.held()).isFalse();
  }

  /** What a teacher can do is what to come back to, whatever this run's own curve promises. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void keepsReferencesIfAsked(boolean kept) {
    var weighting =
        weighting("keep_references=" + kept, REFERENCES, "proportion={wiki: 0.4, web: 0.6}");
    var state = weighting.start();
    for (int step = 1; step <= 20; step++) {
      double tokens = 1000.0 * step;
      state =
          weighting
              .update(
                  state,
                  observation(
                      step, 1.5 + 10 * Math.pow(tokens, -0.3), 2 + 5 * Math.pow(tokens, -0.4)))
              .state();
    }
    if (kept) {
      assertThat(state.references()).extracting(Reference::loss).containsExactly(1.0, 1.0);
      assertThat(state.weights()).isNotEqualTo(List.of(0.4, 0.6));
    } else {
      assertThat(state.references()).extracting(Reference::fitted).containsExactly(true, true);
    }
  }

  /** Those that were not given are predicted all the same, and stay so. */
  @Test
  void keepsOnlyReferencesThatWereGiven() {
    var kept = weighting("keep_references=true", "reference_loss={web: 1}");
    var free = weighting("reference_loss={web: 1}");
    var keptState = kept.start();
    var freeState = free.start();
    for (int step = 1; step <= 40; step++) {
      double wiki = 1.5 + 10 * Math.pow(1000.0 * step, -0.3);
      keptState = kept.update(keptState, observation(step, wiki, 2)).state();
      freeState = free.update(freeState, observation(step, wiki, 2)).state();
    }
    assertThat(keptState.references().getLast().loss()).isEqualTo(1.0);
    assertThat(keptState.references().getFirst()).isEqualTo(freeState.references().getFirst());
  }

  /** Exact power laws: the references become what the laws give at the end of the run. */
  @Test
  void predictsReferencesFromATenthOfTheRunOn() {
    var weighting = weighting("proportion={wiki: 0.4, web: 0.6}");
    var state = weighting.start();
    for (int step = 1; step <= 20; step++) {
      double tokens = 1000.0 * step;
      var outcome =
          weighting.update(
              state,
              observation(step, 1 + 10 * Math.pow(tokens, -0.3), 2 + 5 * Math.pow(tokens, -0.4)));
      state = outcome.state();
      // From step 2 on a point each: eleven at step 12.
      assertThat(outcome.held()).isEqualTo(step < 12);
      if (step < 12) {
        assertThat(outcome.weights()).containsExactly(0.4, 0.6);
      }
      assertThat(outcome.warnings()).hasSize(step == 10 ? 1 : 0);
      if (step == 20) {
        assertThat(outcome.references().get(0).orElseThrow())
            .isCloseTo(1 + 10 * Math.pow(1e5, -0.3), within(1e-6));
        assertThat(outcome.references().get(1).orElseThrow())
            .isCloseTo(2 + 5 * Math.pow(1e5, -0.4), within(1e-6));
        assertThat(outcome.weights()).isNotEqualTo(List.of(0.4, 0.6));
        assertThat(outcome.event().fits()).containsOnlyKeys("wiki", "web");
        // From a fifth of the run on the proportion follows the weights.
        assertThat(outcome.proportion()).containsExactly(0.4, 0.6);
        assertThat(state.proportion()).isNotEqualTo(outcome.proportion());
      }
    }
  }

  @Test
  void fittedReferencesNeverRise() {
    var weighting = weighting();
    var state = weighting.start();
    double before = Double.POSITIVE_INFINITY;
    var random = new Random(3);
    for (int step = 1; step <= 100; step++) {
      double noise = 0.05 * random.nextGaussian();
      double loss = 1 + 10 * Math.pow(1000.0 * step, -0.3) + noise;
      var outcome = weighting.update(state, observation(step, loss, 2));
      state = outcome.state();
      var reference = state.references().getFirst();
      if (reference.fitted()) {
        assertThat(reference.loss()).isLessThanOrEqualTo(before);
        before = reference.loss();
      }
    }
    assertThat(before).isFinite();
    assertThat(state.points()).hasSize(64);
  }

  @ParameterizedTest
  @EnumSource(Strategy.class)
  void aDomainOfProportionZeroIsAsIfAbsent(Strategy strategy) {
    String name = "strategy=" + strategy.name().toLowerCase(Locale.ROOT);
    var three =
        DomainWeighting.of(
            config(name, "reference_loss={wiki: 1, web: 1, books: 1}"),
            List.of("wiki", "books", "web"),
            new double[] {0.3, 0, 0.7},
            1);
    var two = DomainWeighting.of(config(name, REFERENCES), NAMES, new double[] {0.3, 0.7}, 1);
    var withZero =
        three.update(
            three.start(), Observation.unpruned(1, 10, new long[3], new double[] {1.5, 9, 1.2}));
    var without =
        two.update(two.start(), Observation.unpruned(1, 10, new long[2], new double[] {1.5, 1.2}));

    assertThat(withZero.weights())
        .containsExactly(without.weights().get(0), 0.0, without.weights().get(1));
  }
}
