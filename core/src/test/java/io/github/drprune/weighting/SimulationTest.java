package io.github.drprune.weighting;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.config.DomainsConfig.Strategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SimulationTest {
  private static final int PROBLEMS = 100;

  /** Nats; users' guesses are off by about a tenth of a loss, see docs/domain-weighting.md. */
  private static final double GUESS_ERROR = 0.2;

  @Test
  void helpsTheWorstDomainMoreThanConstantAndShearedDo() {
    int betterThanConstant = 0;
    int betterThanSheared = 0;
    int betterThanBoth = 0;
    for (int seed = 0; seed < PROBLEMS; seed++) {
      var problem = Simulation.random(seed, GUESS_ERROR);
      double drpruning = problem.worstExcess(Strategy.DRPRUNING, true);
      boolean constant = drpruning < problem.worstExcess(Strategy.CONSTANT, true);
      boolean sheared = drpruning < problem.worstExcess(Strategy.SHEARED, true);
      betterThanConstant += constant ? 1 : 0;
      betterThanSheared += sheared ? 1 : 0;
      betterThanBoth += constant && sheared ? 1 : 0;
    }
    assertThat(betterThanConstant).isGreaterThanOrEqualTo(90);
    assertThat(betterThanSheared).isGreaterThanOrEqualTo(90);
    assertThat(betterThanBoth).isGreaterThanOrEqualTo(90);
  }

  @Test
  void findsItsOwnReferencesToHelpTheWorstDomain() {
    int better = 0;
    for (int seed = 0; seed < PROBLEMS; seed++) {
      var problem = Simulation.random(seed, GUESS_ERROR);
      double drpruning = problem.worstExcess(Strategy.DRPRUNING, false);
      better += drpruning < problem.worstExcess(Strategy.CONSTANT, true) ? 1 : 0;
    }
    assertThat(better).isGreaterThanOrEqualTo(90);
  }

  /** With {@code tune}'s own defaults, where the references are known. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void helpsTheWorstTaskMoreThanConstantAndShearedDo(boolean equalSizes) {
    double drpruning = 0;
    double sheared = 0;
    double constant = 0;
    for (int seed = 0; seed < PROBLEMS; seed++) {
      var problem = Simulation.tuning(seed, 0, equalSizes);
      var references = problem.references();
      drpruning += problem.worstExcess(Settings.ofTune(references, "strategy=drpruning"));
      sheared += problem.worstExcess(Settings.ofTune(references, "strategy=sheared"));
      constant += problem.worstExcess(Settings.ofTune(references, "strategy=constant"));
    }
    assertThat(drpruning).isLessThan(sheared).isLessThan(0.8 * constant);
  }
}
