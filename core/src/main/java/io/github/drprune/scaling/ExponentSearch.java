package io.github.drprune.scaling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Finds the exponents of a {@link SeparableCurve}: Levenberg-Marquardt on them alone, from the best
 * of a grid of starts. Where {@code robust}, residuals count by Huber's loss at a scale estimated
 * along with the curve (Huber's proposal 2), against the priors; otherwise it is least squares.
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
  private static final double CONVERGED = 1e-6;

  private final SeparableCurve curve;
  private final Coordinate[] coordinates;
  private final boolean robust;
  private final double smallestScale;

  /** Where a search stands. */
  private static final class Trial {
    double[] u;
    double scale;
    double damping = 1e-3;
    boolean converged;

    Trial(double[] u) {
      this.u = u;
    }
  }

  /** The coordinates found and the deviation of the residuals; the curve is solved there. */
  record Found(double[] u, double scale) {}

  ExponentSearch(SeparableCurve curve, Coordinate[] coordinates, boolean robust, double magnitude) {
    this.curve = curve;
    this.coordinates = coordinates;
    this.robust = robust;
    smallestScale = 1e-10 * magnitude;
  }

  Found run() {
    var trials = new ArrayList<Trial>();
    for (double[] u : bestStarts()) {
      var trial = new Trial(u);
      start(trial);
      refine(trial, FIRST_STEPS);
      trials.add(trial);
    }
    var best = trials.stream().min(Comparator.comparingDouble(this::objective)).orElseThrow();
    refine(best, STEPS);
    return new Found(best.u, best.scale);
  }

  private List<double[]> bestStarts() {
    record Start(double[] u, double sum) {}
    var starts = new ArrayList<Start>();
    for (double[] u : grid()) {
      curve.moveTo(u);
      starts.add(new Start(u, curve.solve()));
    }
    return starts.stream()
        .sorted(Comparator.comparingDouble(Start::sum))
        .limit(REFINED_STARTS)
        .map(Start::u)
        .toList();
  }

  private List<double[]> grid() {
    List<double[]> grid = List.of(new double[0]);
    for (Coordinate coordinate : coordinates) {
      var longer = new ArrayList<double[]>();
      for (double[] head : grid) {
        for (double start : coordinate.starts()) {
          double[] u = Arrays.copyOf(head, head.length + 1);
          u[head.length] = start;
          longer.add(u);
        }
      }
      grid = longer;
    }
    return grid;
  }

  /** Degrees of freedom that the residuals keep. */
  private int freedom() {
    return Math.max(1, curve.points() - coordinates.length - 2);
  }

  private double objective(Trial trial) {
    return robust ? freedom() * Math.log(trial.scale) + penalty(trial.u) / 2 : trial.scale;
  }

  private double penalty(double[] u) {
    double sum = 0;
    for (int k = 0; k < u.length; k++) {
      sum += coordinates[k].penalty(u[k]);
    }
    return sum;
  }

  private void start(Trial trial) {
    Arrays.fill(curve.weight(), 1);
    curve.moveTo(trial.u);
    curve.solve();
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
    curve.moveTo(trial.u);
    curve.solve();
    reweigh(trial);
    for (int step = 0; step < steps && !trial.converged; step++) {
      double before = trial.scale;
      double moved = move(trial);
      if (trial.converged || moved == 0 && trial.damping > 1e-3) {
        continue;
      }
      rescale(trial);
      reweigh(trial);
      trial.converged = moved < CONVERGED && Math.abs(trial.scale - before) <= 1e-3 * before;
    }
    curve.solve();
  }

  /** One damped step; returns the largest change of a coordinate, zero where it was refused. */
  private double move(Trial trial) {
    int inputs = coordinates.length;
    double variance = robust ? trial.scale * trial.scale : 1;
    double cost = curve.solve() / variance + penalty(trial.u);
    var matrix = new double[inputs][inputs];
    double[] right = curve.normalEquations(matrix);
    for (int k = 0; k < inputs; k++) {
      double precision = coordinates[k].precision();
      right[k] = right[k] / variance - precision * (trial.u[k] - coordinates[k].mean());
      for (int j = 0; j < inputs; j++) {
        matrix[k][j] /= variance;
      }
      matrix[k][k] += precision;
    }
    double[] step = damped(matrix, right, trial.damping);
    var there = new double[inputs];
    double moved = 0;
    for (int k = 0; k < inputs; k++) {
      double target = trial.u[k] + Math.clamp(step[k], -1, 1);
      there[k] = Math.clamp(target, coordinates[k].low(), coordinates[k].high());
      moved = Math.max(moved, Math.abs(there[k] - trial.u[k]));
    }
    curve.moveTo(there);
    if (curve.solve() / variance + penalty(there) <= cost) {
      trial.u = there;
      trial.damping = Math.max(1e-12, trial.damping / 10);
      return moved;
    }
    curve.moveTo(trial.u);
    curve.solve();
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
