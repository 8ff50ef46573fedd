package io.github.drprune.weighting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class ChiSquareBallTest {
  /**
   * Two equal domains, e = (1, 0), no floor. With ratios 1 + t and 1 - t the divergence is 1/2 (t^2
   * / 2 + t^2 / 2) = t^2 / 2; rho = 0.02 gives t = 0.2, so q = (0.6, 0.4).
   */
  @Test
  void twoEqualDomains() {
    var solution = ChiSquareBall.solve(new double[] {0.5, 0.5}, new double[] {1, 0}, 0.02, 0);

    assertThat(solution.weights()).containsExactly(new double[] {0.6, 0.4}, within(1e-12));
    assertThat(solution.reached()).isTrue();
    assertThat(solution.divergence()).isCloseTo(0.02, within(1e-12));
  }

  /**
   * p = (1/2, 1/4, 1/4), e = (0, 1, 3), no floor, all active: ratios are (e - eta) / (mean - eta)
   * with mean 1; the variance is 1/2 + 0 + 1/4 * 4 = 3/2, so 1/2 * (3/2) / (1 - eta)^2 = rho. For
   * rho = 3/16, (1 - eta)^2 = 4, eta = -1 and q = (1/2 * 1, 1/4 * 2, 1/4 * 4) / 2 = (1/4, 1/4,
   * 1/2).
   */
  @Test
  void threeDomainsAllActive() {
    var solution =
        ChiSquareBall.solve(new double[] {0.5, 0.25, 0.25}, new double[] {0, 1, 3}, 3.0 / 16, 0);

    assertThat(solution.weights()).containsExactly(new double[] {0.25, 0.25, 0.5}, within(1e-12));
  }

  /**
   * The same domains, rho beyond what all active can: eta between 0 and 1 leaves (0, 1 - eta, 3 -
   * eta). At eta = 1/2 that is (0, 1/2, 5/2), q proportional to (0, 1, 5), q = (0, 1/6, 5/6),
   * divergence 1/2 (1/36 * 4 + 25/36 * 4 - 1) = 1/2 (104/36 - 1) = 17/18.
   */
  @Test
  void domainsDropOut() {
    var solution =
        ChiSquareBall.solve(new double[] {0.5, 0.25, 0.25}, new double[] {0, 1, 3}, 17.0 / 18, 0);

    assertThat(solution.weights())
        .containsExactly(new double[] {0, 1.0 / 6, 5.0 / 6}, within(1e-12));
  }

  /**
   * Out of reach: p = (1/2, 1/2), floor 0.2. All on the first is the ratio 2, the other is raised
   * to 0.2; renormalised by 1/2 (2 + 0.2) = 1.1, q = (1, 0.1) / 1.1 = (10/11, 1/11).
   */
  @Test
  void takesTheMostRobustWhereRhoIsOutOfReach() {
    var solution = ChiSquareBall.solve(new double[] {0.5, 0.5}, new double[] {3, 1}, 5, 0.2);

    assertThat(solution.weights())
        .containsExactly(new double[] {10.0 / 11, 1.0 / 11}, within(1e-12));
    assertThat(solution.reached()).isFalse();
    assertThat(solution.atMinRatio()).containsExactly(false, true);
  }

  @Test
  void equalLossesKeepTheProportion() {
    double[] p = {0.2, 0.3, 0.5};
    var solution = ChiSquareBall.solve(p, new double[] {1, 1, 1}, 0.1, 0.2);

    assertThat(solution.weights()).containsExactly(p);
    assertThat(solution.divergence()).isZero();
    assertThat(solution.reached()).isFalse();
  }

  @Test
  void domainsOfProportionZeroAreAsIfAbsent() {
    var with =
        ChiSquareBall.solve(new double[] {0.25, 0, 0.75}, new double[] {1, 9, 0.5}, 0.1, 0.2);
    var without = ChiSquareBall.solve(new double[] {0.25, 0.75}, new double[] {1, 0.5}, 0.1, 0.2);

    assertThat(with.weights()).containsExactly(without.weights()[0], 0, without.weights()[1]);
  }

  /** Losses that differ by the last bit only: still the constraint, never NaN. */
  @Test
  void solvesAtTheEdgeOfPrecision() {
    double[] p = {0.3, 0.3, 0.4};
    var solution = ChiSquareBall.solve(p, new double[] {2, Math.nextUp(2.0), 2}, 0.1, 0.2);

    assertThat(ChiSquareBall.divergence(solution.weights(), p)).isCloseTo(0.1, within(1e-9));
    var wide = ChiSquareBall.solve(p, new double[] {0, 1e-300, 1e300}, 0.1, 0.2);
    assertThat(ChiSquareBall.divergence(wide.weights(), p)).isCloseTo(0.1, within(1e-9));
  }
}
