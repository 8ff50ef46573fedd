package io.github.drprune.scaling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Finds the exponents of a {@link SeparableCurve}: Levenberg-Marquardt on them alone, from the best
 * of a grid of starts. Where {@code robust}, residuals count by Huber's loss at a scale estimated
 * along with the curve (Huber's proposal 2), against the exponents' priors; otherwise it is least
 * squares.
 */
final class ExponentSearch {
  /** Huber's threshold in scales: 95% efficiency for normal residuals. */
  private static final double HUBER = 1.345;

  /** E[min(z^2, HUBER^2)] for standard normal z. */
  private static final double HUBER_SECOND_MOMENT = 0.7101646;

  /** Turns the median of absolute normal residuals into their deviation. */
  private static final double MEDIAN_TO_DEVIATION = 1.4826;

  private static final int REFINED_STARTS = 3;
  private static final int FIRST_STEPS = 5;
  private static final int STEPS = 60;
  private static final double CONVERGED = 1e-9;

  private final SeparableCurve curve;
  private final Exponent[] exponents;
  private final boolean robust;
  private final double smallestScale;

  /** Where a search stands. */
  private static final class Trial {
    final double[] theta;
    double scale;
    double damping = 1e-3;
    boolean converged;

    Trial(double[] theta) {
      this.theta = theta;
    }
  }

  /** The exponents found and the deviation of the residuals; the curve is projected there. */
  record Found(double[] theta, double scale) {}

  ExponentSearch(SeparableCurve curve, Exponent[] exponents, boolean robust, double magnitude) {
    this.curve = curve;
    this.exponents = exponents;
    this.robust = robust;
    smallestScale = 1e-10 * magnitude;
  }

  Found run() {
    var trials = new ArrayList<Trial>();
    for (double[] theta : bestStarts()) {
      var trial = new Trial(theta);
      start(trial);
      refine(trial, FIRST_STEPS);
      trials.add(trial);
    }
    var best = trials.stream().min(Comparator.comparingDouble(this::objective)).orElseThrow();
    refine(best, STEPS);
    project(best);
    return new Found(best.theta, best.scale);
  }

  private List<double[]> bestStarts() {
    record Start(double[] theta, double sum) {}
    var starts = new ArrayList<Start>();
    for (double[] theta : grid()) {
      starts.add(new Start(theta, curve.project(theta)));
    }
    return starts.stream()
        .sorted(Comparator.comparingDouble(Start::sum))
        .limit(REFINED_STARTS)
        .map(Start::theta)
        .toList();
  }

  private List<double[]> grid() {
    List<double[]> grid = List.of(new double[0]);
    for (Exponent exponent : exponents) {
      var longer = new ArrayList<double[]>();
      for (double[] head : grid) {
        for (double start : exponent.starts()) {
          double[] theta = Arrays.copyOf(head, head.length + 1);
          theta[head.length] = start;
          longer.add(theta);
        }
      }
      grid = longer;
    }
    return grid;
  }

  /** Degrees of freedom that the residuals keep. */
  private int freedom() {
    return Math.max(1, curve.points() - exponents.length - 2);
  }

  private double objective(Trial trial) {
    return robust ? freedom() * Math.log(trial.scale) + penalty(trial.theta) / 2 : trial.scale;
  }

  private double penalty(double[] theta) {
    double sum = 0;
    for (int k = 0; k < theta.length; k++) {
      sum += exponents[k].penalty(theta[k]);
    }
    return sum;
  }

  private void start(Trial trial) {
    Arrays.fill(curve.weight(), 1);
    curve.project(trial.theta);
    if (robust) {
      double[] sorted = curve.residual().clone();
      for (int i = 0; i < sorted.length; i++) {
        sorted[i] = Math.abs(sorted[i]);
      }
      Arrays.sort(sorted);
      double median = sorted[sorted.length / 2];
      trial.scale = Math.max(smallestScale, MEDIAN_TO_DEVIATION * median);
      reweigh(trial);
    }
    rescale(trial);
  }

  private void project(Trial trial) {
    reweigh(trial);
    curve.project(trial.theta);
  }

  private void reweigh(Trial trial) {
    if (!robust) {
      return;
    }
    double threshold = HUBER * trial.scale;
    double[] residual = curve.residual();
    for (int i = 0; i < residual.length; i++) {
      double size = Math.abs(residual[i]);
      curve.weight()[i] = size <= threshold ? 1 : threshold / size;
    }
  }

  private void rescale(Trial trial) {
    double sum = 0;
    double threshold = robust ? HUBER * trial.scale : Double.POSITIVE_INFINITY;
    for (double r : curve.residual()) {
      double size = Math.min(Math.abs(r), threshold);
      sum += size * size;
    }
    double moment = robust ? HUBER_SECOND_MOMENT : 1;
    trial.scale = Math.max(smallestScale, Math.sqrt(sum / (freedom() * moment)));
  }

  private void refine(Trial trial, int steps) {
    curve.project(trial.theta);
    reweigh(trial);
    for (int step = 0; step < steps && !trial.converged; step++) {
      double before = trial.scale;
      double moved = move(trial);
      if (moved == 0) {
        continue;
      }
      rescale(trial);
      reweigh(trial);
      trial.converged =
          Math.abs(moved) < CONVERGED
              && (!robust || Math.abs(trial.scale - before) < 1e-6 * before);
    }
  }

  /** One damped step; returns the largest change of a coordinate, zero where it was refused. */
  private double move(Trial trial) {
    int inputs = exponents.length;
    double variance = robust ? trial.scale * trial.scale : 1;
    double cost = curve.project(trial.theta) / variance + penalty(trial.theta);
    var matrix = new double[inputs][inputs];
    double[] right = curve.normalEquations(matrix);
    for (int k = 0; k < inputs; k++) {
      double slope = exponents[k].slope(trial.theta[k]);
      right[k] = right[k] * slope / variance - exponents[k].pull(trial.theta[k]);
      for (int j = 0; j < inputs; j++) {
        matrix[k][j] *= slope * exponents[j].slope(trial.theta[j]) / variance;
      }
      matrix[k][k] += exponents[k].precision();
    }
    double[] step = damped(matrix, right, trial.damping);
    var theta = new double[inputs];
    double moved = 0;
    for (int k = 0; k < inputs; k++) {
      double coordinate = exponents[k].coordinate(trial.theta[k]);
      theta[k] = exponents[k].at(coordinate + Math.clamp(step[k], -1, 1));
      moved = Math.max(moved, Math.abs(exponents[k].coordinate(theta[k]) - coordinate));
    }
    double costThere = curve.project(theta) / variance + penalty(theta);
    if (costThere <= cost) {
      System.arraycopy(theta, 0, trial.theta, 0, inputs);
      trial.damping = Math.max(1e-12, trial.damping / 10);
      trial.converged = moved == 0;
      return moved;
    }
    curve.project(trial.theta);
    trial.damping *= 10;
    trial.converged = trial.damping > 1e8 || moved < CONVERGED;
    return 0;
  }

  /** Solves for one or two unknowns with the diagonal raised by {@code damping} of itself. */
  private static double[] damped(double[][] matrix, double[] right, double damping) {
    double a = matrix[0][0] * (1 + damping) + Double.MIN_NORMAL;
    if (right.length == 1) {
      return new double[] {right[0] / a};
    }
    double b = matrix[0][1];
    double c = matrix[1][1] * (1 + damping) + Double.MIN_NORMAL;
    double determinant = a * c - b * b;
    return new double[] {
      (right[0] * c - b * right[1]) / determinant, (a * right[1] - b * right[0]) / determinant
    };
  }
}
