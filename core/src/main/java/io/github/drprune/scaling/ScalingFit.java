package io.github.drprune.scaling;

import java.util.Arrays;

/**
 * A {@link ScalingLaw} fitted to a domain's losses and what it predicts for the end of the run.
 *
 * @param bySparsity whether sparsity is a factor of the law
 * @param prediction the loss at the end of the run, never above the lowest loss seen; that loss
 *     itself where the points do not determine the curve
 * @param low end of the 95% confidence interval of the curve's value there
 * @param high other end; infinite where nothing bounds it
 * @param determined whether the points, with what is known of such curves, pin the value down
 */
public record ScalingFit(
    ScalingLaw law,
    boolean bySparsity,
    double prediction,
    double low,
    double high,
    int points,
    boolean determined) {
  /** Fewer points are never fitted. */
  public static final int MIN_POINTS = 11;

  /** The interval of a determined prediction reaches at most this share of it to either side. */
  static final double WIDEST_INTERVAL = 0.05;

  /** Sparsity near zero, where pruning begins, would have an infinite logarithm. */
  private static final double SMALLEST_SPARSITY = 1e-3;

  /*
   * Exponents of tokens found for language models lie around 0.28 to 0.37 (Hoffmann et al. 2022,
   * Besiroglu et al. 2024); a factor of e^0.5 is one deviation. Of sparsity's less is known; the
   * published fits start between 0 and -0.5. A prior weighs as much as one residual, so that clean
   * points overrule it: it matters where points alone leave the exponents open, as they do when
   * tokens and sparsity rise together.
   */
  private static final Coordinate LOG_ALPHA =
      new Coordinate(
          Math.log(0.01),
          Math.log(3),
          Math.log(0.33),
          0.5,
          Math.log(0.1),
          Math.log(0.25),
          Math.log(0.6));

  private static final Coordinate BETA_BY_ALPHA = new Coordinate(-12, 0, -1.5, 1.2, -0.3, -1, -2.5);

  /**
   * Fits the losses seen after {@code tokens} tokens of the domain, at {@code sparsity} (null where
   * nothing is pruned), and predicts the one at the final inputs. All tokens are positive, the
   * arrays equally long, at least {@link #MIN_POINTS}.
   */
  public static ScalingFit of(
      double[] tokens,
      double[] sparsity,
      double[] losses,
      double finalTokens,
      double finalSparsity) {
    int points = losses.length;
    if (points < MIN_POINTS || tokens.length != points) {
      throw new IllegalArgumentException(
          "a scaling law needs %d points or more, given %d losses at %d token counts"
              .formatted(MIN_POINTS, points, tokens.length));
    }
    boolean bySparsity = sparsity != null;
    double[][] inputs =
        bySparsity
            ? new double[][] {logarithms(tokens, 0), logarithms(sparsity, SMALLEST_SPARSITY)}
            : new double[][] {logarithms(tokens, 0)};
    double[] last =
        bySparsity
            ? new double[] {
              Math.log(finalTokens), Math.log(Math.max(finalSparsity, SMALLEST_SPARSITY))
            }
            : new double[] {Math.log(finalTokens)};
    Coordinate[] coordinates =
        bySparsity ? new Coordinate[] {LOG_ALPHA, BETA_BY_ALPHA} : new Coordinate[] {LOG_ALPHA};

    double lowest = Double.POSITIVE_INFINITY;
    double highest = 0;
    for (double loss : losses) {
      lowest = Math.min(lowest, loss);
      highest = Math.max(highest, loss);
    }
    var curve = new SeparableCurve(inputs, losses, true);
    double scale = new ExponentSearch(curve, coordinates, true, highest).run().scale();
    double value = curve.at(last);
    double margin = margin(curve, coordinates, scale, last);
    boolean determined = !curve.isFlat() && margin <= WIDEST_INTERVAL * value;
    double[] theta = curve.exponents();
    var law = new ScalingLaw(curve.uncentredA(), theta[0], bySparsity ? theta[1] : 0, curve.e());
    return new ScalingFit(
        law,
        bySparsity,
        determined ? Math.min(value, lowest) : lowest,
        Math.max(0, value - margin),
        value + margin,
        points,
        determined);
  }

  private static double margin(
      SeparableCurve curve, Coordinate[] coordinates, double scale, double[] last) {
    double[] precision = Arrays.stream(coordinates).mapToDouble(Coordinate::precision).toArray();
    double variance = curve.varianceAt(last, scale * scale, precision);
    return StudentT.twoSided95(curve.points() - precision.length - 2) * Math.sqrt(variance);
  }

  private static double[] logarithms(double[] values, double least) {
    var logarithms = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      logarithms[i] = Math.log(Math.max(values[i], least));
    }
    return logarithms;
  }
}
