package io.github.drprune.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.error.UserException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ScalingFitTest {
  @Test
  void recoversLawsWithoutNoise() {
    var random = new Random(1);
    for (int k = 0; k < 200; k++) {
      var points = SimulatedPoints.random(random, 11 + random.nextInt(50), k % 2 == 0, 0);
      var fit = points.fit();
      assertThat(fit.determined()).isTrue();
      assertThat(
              fit.law().loss(SimulatedPoints.LAST_TOKENS, SimulatedPoints.LAST_SPARSITY)
                  / points.truth())
          .isCloseTo(1, within(1e-5));
      assertThat(fit.law().alpha() / points.law().alpha()).isCloseTo(1, within(1e-3));
    }
  }

  /** A 95% interval holds the truth in nine cases of ten at least. */
  @Test
  void intervalsHoldTheTruth() {
    var random = new Random(2);
    int held = 0;
    int cases = 300;
    for (int k = 0; k < cases; k++) {
      var points = SimulatedPoints.random(random, 40, k % 2 == 0, 0.003);
      var fit = points.fit();
      held += points.truth() >= fit.low() && points.truth() <= fit.high() ? 1 : 0;
    }
    assertThat(held).isBetween(cases * 9 / 10, cases - 1);
  }

  @Test
  void outliersMoveLittle() {
    var random = new Random(3);
    for (int k = 0; k < 50; k++) {
      var points = SimulatedPoints.random(random, 40, false, 0.002);
      points.losses()[10] += 0.5;
      points.losses()[25] += 1;
      assertThat(points.fit().prediction() / points.truth()).isCloseTo(1, within(0.015));
    }
  }

  @Test
  void fallsBackToTheLowestLossWhereTheCurveIsNotDetermined() {
    double[] tokens = SimulatedPoints.series(20, i -> 1e5 * (i + 1));
    double[] rising = SimulatedPoints.series(20, i -> 2 + 0.01 * i);
    double[] equal = SimulatedPoints.series(20, i -> 2);
    var random = new Random(4);
    double[] noise = SimulatedPoints.series(20, i -> 2 + 0.5 * random.nextGaussian());
    double[] sameTokens = SimulatedPoints.series(20, i -> 1e5);
    double[] falling = SimulatedPoints.series(20, i -> 2 - 0.01 * i);

    assertUndetermined(ScalingFit.of(tokens, null, rising, 1e7, 0), 2);
    assertUndetermined(ScalingFit.of(tokens, null, equal, 1e7, 0), 2);
    assertUndetermined(
        ScalingFit.of(tokens, null, noise, 1e7, 0), Arrays.stream(noise).min().orElseThrow());
    assertUndetermined(ScalingFit.of(sameTokens, null, falling, 1e7, 0), 1.81);
  }

  private static void assertUndetermined(ScalingFit fit, double lowest) {
    assertThat(fit.determined()).isFalse();
    assertThat(fit.prediction()).isCloseTo(lowest, within(1e-12));
    assertThat(fit.low()).isNotNaN();
    assertThat(fit.high()).isNotNaN();
  }

  @Test
  void powerLawsInterpolateThreeModels() {
    var law = PowerLaw.fit(new double[] {7e9, 13e9, 70e9}, law(7, 13, 70));
    assertThat(law.b()).isCloseTo(0.2, within(1e-7));
    assertThat(law.loss(1e9)).isCloseTo(law(1)[0], within(1e-9));
    assertThat(law.determined()).isTrue();
  }

  private static double[] law(double... billions) {
    return SimulatedPoints.series(
        billions.length, i -> 50 * Math.pow(1e9 * billions[i], -0.2) + 1.1);
  }

  @Test
  void powerLawsNeedThreeSizes() {
    double[] sizes = {1e9, 1e9, 2e9};
    assertThatThrownBy(() -> PowerLaw.fit(sizes, new double[] {2, 2, 1.8}))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("3 model sizes or more, given 2");
  }

  @Test
  void saysWhereModelsDoNotDetermineThePowerLaw() {
    // Losses that rise with size, and losses whose fall speeds up: no curve of the form does.
    double[] sizes = {1e9, 2e9, 4e9};
    assertThat(PowerLaw.fit(sizes, new double[] {1, 1.1, 1.2}).determined()).isFalse();
    assertThat(PowerLaw.fit(sizes, new double[] {2, 1.9, 1.1}).determined()).isFalse();
  }
}
