package io.github.drprune.scaling;

import io.github.drprune.error.UserException;
import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * The loss of a family's model of N parameters on a domain, {@code a N^-b + c}: what predicts the
 * reference loss of a smaller model from larger ones (Sheared LLaMA, arXiv 2310.06694, section
 * 3.2).
 *
 * @param determined false where the points would take b to its bounds, so that the curve is a guess
 */
public record PowerLaw(double a, double b, double c, boolean determined) {
  /** Fewer points do not determine three unknowns. */
  public static final int MIN_POINTS = 3;

  private static final Coordinate LOG_B =
      new Coordinate(
          Math.log(1e-3),
          Math.log(5),
          0,
          Double.POSITIVE_INFINITY,
          DoubleStream.of(0.02, 0.05, 0.1, 0.2, 0.35, 0.6, 1, 2).map(Math::log).toArray());

  /** Least squares over models of {@code parameters} parameters and their losses. */
  public static PowerLaw fit(double[] parameters, double[] losses) {
    long different = Arrays.stream(parameters).distinct().count();
    if (different < MIN_POINTS || parameters.length != losses.length) {
      throw new UserException(
          "a curve a N^-b + c needs losses of %d model sizes or more, given %d"
              .formatted(MIN_POINTS, different));
    }
    double[] logarithms = Arrays.stream(parameters).map(Math::log).toArray();
    double magnitude = Arrays.stream(losses).max().orElseThrow();
    var curve = new SeparableCurve(new double[][] {logarithms}, losses, false);
    double logB =
        new ExponentSearch(curve, new Coordinate[] {LOG_B}, false, magnitude).run().u()[0];
    boolean determined = !curve.isFlat() && !LOG_B.isBound(logB);
    return new PowerLaw(curve.uncentredA(), Math.exp(logB), curve.e(), determined);
  }

  /** The loss of a model of that many parameters. */
  public double loss(double parameters) {
    return a * Math.pow(parameters, -b) + c;
  }
}
