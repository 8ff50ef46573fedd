package io.github.drprune.scaling;

import java.util.Arrays;

/**
 * The curve {@code y = a g + e}, {@code g = exp(-sum_k theta_k x_k)}, with {@code a >= 0}, and its
 * fit for given exponents {@code theta}: a and e are then linear, so their weighted least squares
 * are in closed form and only the exponents remain to be searched (variable projection, Golub and
 * Pereyra 1973).
 *
 * <p>Exponents are given by coordinates {@code u}: {@code theta_0 = exp(u_0)}, {@code theta_k = u_k
 * theta_0}. Points determine the ratios much better than {@code theta_0}, which e can trade for; in
 * these coordinates that valley is straight.
 */
final class SeparableCurve {
  private final double[][] x; // [inputs][points], centred so that g is near one
  private final double[] centre; // [inputs]
  private final double[] y; // [points]
  private final boolean positiveConstant;
  private final double[] weight; // [points]
  private final double[] residual; // [points], y minus the curve
  private final double[] g; // [points]
  private final double[][] column; // [inputs][points]

  private double[] u;
  private boolean constant; // whether e is free, not held at zero
  private double a;
  private double e;
  private double sumWeight;
  private double meanG; // zero where e is held
  private double varianceG;

  /**
   * @param inputs [inputs][points]
   * @param positiveConstant keeps e from falling below zero
   */
  SeparableCurve(double[][] inputs, double[] y, boolean positiveConstant) {
    this.y = y;
    this.positiveConstant = positiveConstant;
    int points = y.length;
    x = new double[inputs.length][points];
    centre = new double[inputs.length];
    for (int k = 0; k < inputs.length; k++) {
      centre[k] = Arrays.stream(inputs[k]).sum() / points;
      for (int i = 0; i < points; i++) {
        x[k][i] = inputs[k][i] - centre[k];
      }
    }
    weight = new double[points];
    Arrays.fill(weight, 1);
    residual = new double[points];
    g = new double[points];
    column = new double[inputs.length][points];
  }

  int points() {
    return y.length;
  }

  int inputs() {
    return x.length;
  }

  double[] residual() {
    return residual;
  }

  /** The points' weights, to be written by the caller before {@link #solve}. */
  double[] weight() {
    return weight;
  }

  double e() {
    return e;
  }

  /** The exponents moved to. */
  double[] exponents() {
    double[] theta = u.clone();
    theta[0] = Math.exp(u[0]);
    for (int k = 1; k < u.length; k++) {
      theta[k] = u[k] * theta[0];
    }
    return theta;
  }

  /** Whether the points do not fall along the curve, or do not vary along it. */
  boolean isFlat() {
    return a == 0;
  }

  /** Moves to coordinates {@code u}; {@link #solve} must follow. */
  void moveTo(double[] u) {
    this.u = u;
    double[] theta = exponents();
    for (int i = 0; i < g.length; i++) {
      double exponent = 0;
      for (int k = 0; k < theta.length; k++) {
        exponent -= theta[k] * x[k][i];
      }
      g[i] = Math.exp(exponent);
    }
  }

  /** Solves for a and e; returns the weighted sum of squared residuals. */
  double solve() {
    double sumG = 0;
    double sumY = 0;
    sumWeight = 0;
    for (int i = 0; i < g.length; i++) {
      sumWeight += weight[i];
      sumG += weight[i] * g[i];
      sumY += weight[i] * y[i];
    }
    constant = true;
    solveAbout(sumG / sumWeight, sumY / sumWeight);
    if (e < 0 && positiveConstant) {
      constant = false;
      solveAbout(0, 0);
    }
    double sum = 0;
    for (int i = 0; i < g.length; i++) {
      residual[i] = y[i] - a * g[i] - e;
      sum += weight[i] * residual[i] * residual[i];
    }
    return sum;
  }

  private void solveAbout(double middleG, double middleY) {
    meanG = middleG;
    varianceG = 0;
    double covariance = 0;
    for (int i = 0; i < g.length; i++) {
      double centredG = g[i] - middleG;
      varianceG += weight[i] * centredG * centredG;
      covariance += weight[i] * centredG * (y[i] - middleY);
    }
    a = varianceG > 0 && covariance > 0 ? covariance / varianceG : 0;
    e = middleY - a * middleG;
  }

  /**
   * The weighted normal equations of the coordinates where the curve was last solved: writes {@code
   * J^T W J} and returns {@code J^T W r}, where column k of J is how the curve moves with {@code
   * u_k} while a and e follow (Kaufman's approximation).
   */
  double[] normalEquations(double[][] product) {
    int inputs = x.length;
    var right = new double[inputs];
    for (int k = 0; k < inputs; k++) {
      slope(k, column[k]);
      projectOut(column[k]);
      for (int i = 0; i < g.length; i++) {
        right[k] += weight[i] * column[k][i] * residual[i];
      }
      for (int j = 0; j <= k; j++) {
        product[k][j] = weightedProduct(column[k], column[j]);
        product[j][k] = product[k][j];
      }
    }
    return right;
  }

  /** How the curve moves with {@code u_k} at fixed a and e, at each point. */
  private void slope(int k, double[] into) {
    double first = Math.exp(u[0]);
    for (int i = 0; i < g.length; i++) {
      double moved = x[k][i];
      for (int j = 1; k == 0 && j < x.length; j++) {
        moved += u[j] * x[j][i];
      }
      into[i] = -a * g[i] * first * moved;
    }
  }

  private void projectOut(double[] values) {
    double mean = 0;
    for (int i = 0; constant && i < g.length; i++) {
      mean += weight[i] * values[i];
    }
    mean /= sumWeight;
    double along = 0;
    for (int i = 0; i < g.length; i++) {
      along += weight[i] * (values[i] - mean) * (g[i] - meanG);
    }
    along = varianceG > 0 ? along / varianceG : 0;
    for (int i = 0; i < g.length; i++) {
      values[i] -= mean + along * (g[i] - meanG);
    }
  }

  private double weightedProduct(double[] left, double[] right) {
    double sum = 0;
    for (int i = 0; i < left.length; i++) {
      sum += weight[i] * left[i] * right[i];
    }
    return sum;
  }

  /** The curve at {@code input} where it was last solved. */
  double at(double[] input) {
    return a * factor(input) + e;
  }

  /** a for inputs that are not centred. */
  double uncentredA() {
    return a * factor(new double[x.length]);
  }

  private double factor(double[] input) {
    double[] theta = exponents();
    double exponent = 0;
    for (int k = 0; k < theta.length; k++) {
      exponent -= theta[k] * (input[k] - centre[k]);
    }
    return Math.exp(exponent);
  }

  /**
   * The variance of {@link #at} that follows from residuals of variance {@code variance} and priors
   * of the given precisions on the coordinates; infinite where the points leave it open.
   */
  double varianceAt(double[] input, double variance, double[] priorPrecision) {
    int inputs = x.length;
    int unknowns = inputs + (constant ? 2 : 1);
    var slopes = new double[unknowns][g.length];
    var slopeThere = new double[unknowns];
    double[] theta = exponents();
    double factor = factor(input);
    for (int k = 0; k < inputs; k++) {
      slope(k, slopes[k]);
      double distance = input[k] - centre[k];
      slopeThere[0] -= a * factor * theta[k] * distance;
      if (k > 0) {
        slopeThere[k] = -a * factor * theta[0] * distance;
      }
    }
    slopes[inputs] = g;
    slopeThere[inputs] = factor;
    if (constant) {
      Arrays.fill(slopes[inputs + 1], 1);
      slopeThere[inputs + 1] = 1;
    }
    var information = new double[unknowns][unknowns];
    for (int j = 0; j < unknowns; j++) {
      for (int k = 0; k <= j; k++) {
        information[j][k] = weightedProduct(slopes[j], slopes[k]) / variance;
      }
      if (j < inputs) {
        information[j][j] += priorPrecision[j];
      }
    }
    return Cholesky.inverseQuadraticForm(information, slopeThere);
  }
}
