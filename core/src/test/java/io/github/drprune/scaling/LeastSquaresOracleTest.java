package io.github.drprune.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.ArrayRealVector;
import org.hipparchus.linear.RealMatrix;
import org.hipparchus.linear.RealVector;
import org.hipparchus.optim.nonlinear.vector.leastsquares.LeastSquaresBuilder;
import org.hipparchus.optim.nonlinear.vector.leastsquares.LevenbergMarquardtOptimizer;
import org.hipparchus.util.Pair;
import org.junit.jupiter.api.Test;

/** A general solver over all three unknowns, started at the truth, finds no better power law. */
final class LeastSquaresOracleTest {
  @Test
  void noPowerLawFitsBetter() {
    var random = new Random(5);
    for (int k = 0; k < 100; k++) {
      double[] truth = {
        random.nextDouble(0.3, 1.5), random.nextDouble(0.1, 0.4), random.nextDouble(0, 1.5)
      };
      int n = 4 + random.nextInt(8);
      var sizes = new double[n];
      var losses = new double[n];
      for (int i = 0; i < n; i++) {
        sizes[i] = 0.1 * Math.pow(2, i); // billions, so that the unknowns are of one size
        losses[i] = loss(truth, sizes[i]) + 0.003 * random.nextGaussian();
      }
      var law = PowerLaw.fit(sizes, losses);
      double[] ours = {law.a(), law.b(), law.c()};
      assertThat(squares(ours, sizes, losses))
          .isLessThanOrEqualTo(squares(solve(truth, sizes, losses), sizes, losses) * (1 + 1e-6));
    }
  }

  private static double loss(double[] abc, double size) {
    return abc[0] * Math.pow(size, -abc[1]) + abc[2];
  }

  private static double squares(double[] abc, double[] sizes, double[] losses) {
    double sum = 0;
    for (int i = 0; i < sizes.length; i++) {
      double residual = losses[i] - loss(abc, sizes[i]);
      sum += residual * residual;
    }
    return sum;
  }

  private static double[] solve(double[] start, double[] sizes, double[] losses) {
    var problem =
        new LeastSquaresBuilder()
            .start(start)
            .target(losses)
            .model(abc -> valueAndJacobian(abc.toArray(), sizes))
            .maxEvaluations(10_000)
            .maxIterations(10_000)
            .build();
    return new LevenbergMarquardtOptimizer().optimize(problem).getPoint().toArray();
  }

  private static Pair<RealVector, RealMatrix> valueAndJacobian(double[] abc, double[] sizes) {
    var value = new double[sizes.length];
    var jacobian = new double[sizes.length][3];
    for (int i = 0; i < sizes.length; i++) {
      double power = Math.pow(sizes[i], -abc[1]);
      value[i] = abc[0] * power + abc[2];
      jacobian[i] = new double[] {power, -abc[0] * Math.log(sizes[i]) * power, 1};
    }
    return new Pair<>(new ArrayRealVector(value), new Array2DRowRealMatrix(jacobian));
  }
}
