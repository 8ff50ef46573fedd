package io.github.drprune.scaling;

import java.util.Arrays;

/**
 * The curve {@code y = a g + e}, {@code g = exp(-sum_k theta_k x_k)}, with {@code a >= 0}, and its
 * fit for given exponents {@code theta}: a and e are then linear, so their weighted least squares
 * are in closed form and only the exponents remain to be searched (variable projection, Golub and
 * Pereyra 1973).
 *
 * <p>The fields hold the projection last made; inputs are centred so that g is near one.
 */
final class SeparableCurve {
  private final double[][] x; // [inputs][points], centred
  private final double[] centre; // [inputs]
  private final double[] y; // [points]
  private final double[] g; // [points]
  private final double[] weight; // [points]
  private final double[] residual; // [points], y minus the curve

  private final boolean positiveConstant;
  private boolean constant; // whether e is free, not held at its bound
  private double a;
  private double e;
  private double sumWeight;
  private double meanG;
  private double varianceG; // weighted sum of squares about the mean, or about zero where e is 0

  /**
   * @param inputs [inputs][points]
   * @param positiveConstant keeps e from falling below zero
   */
  SeparableCurve(double[][] inputs, double[] y, boolean positiveConstant) {
    this.positiveConstant = positiveConstant;
    this.y = y;
    int points = y.length;
    x = new double[inputs.length][points];
    centre = new double[inputs.length];
    for (int k = 0; k < inputs.length; k++) {
      double sum = 0;
      for (double value : inputs[k]) {
        sum += value;
      }
      centre[k] = sum / points;
      for (int i = 0; i < points; i++) {
        x[k][i] = inputs[k][i] - centre[k];
      }
    }
    g = new double[points];
    residual = new double[points];
    weight = new double[points];
    Arrays.fill(weight, 1);
  }

  int points() {
    return y.length;
  }

  double[] residual() {
    return residual;
  }

  /** The points' weights, to be written by the caller before {@link #project}. */
  double[] weight() {
    return weight;
  }

  double a() {
    return a;
  }

  double e() {
    return e;
  }

  /** Whether the points do not fall along the curve, or do not vary along it. */
  boolean isFlat() {
    return a == 0;
  }

  /** Solves for a and e at these exponents; returns the weighted sum of squared residuals. */
  double project(double[] theta) {
    int points = y.length;
    double sumG = 0;
    double sumY = 0;
    sumWeight = 0;
    for (int i = 0; i < points; i++) {
      g[i] = Math.exp(exponent(theta, i));
      sumWeight += weight[i];
      sumG += weight[i] * g[i];
      sumY += weight[i] * y[i];
    }
    meanG = sumG / sumWeight;
    double meanY = sumY / sumWeight;
    varianceG = 0;
    double covariance = 0;
    for (int i = 0; i < points; i++) {
      double centredG = g[i] - meanG;
      varianceG += weight[i] * centredG * centredG;
      covariance += weight[i] * centredG * (y[i] - meanY);
    }
    a = varianceG > 0 && covariance > 0 ? covariance / varianceG : 0;
    e = meanY - a * meanG;
    constant = e >= 0 || !positiveConstant;
    if (!constant) {
      projectWithoutConstant();
    }
    double sum = 0;
    for (int i = 0; i < points; i++) {
      residual[i] = y[i] - a * g[i] - e;
      sum += weight[i] * residual[i] * residual[i];
    }
    return sum;
  }

  private void projectWithoutConstant() {
    e = 0;
    varianceG = 0;
    double product = 0;
    for (int i = 0; i < y.length; i++) {
      varianceG += weight[i] * g[i] * g[i];
      product += weight[i] * g[i] * y[i];
    }
    a = Math.max(0, product / varianceG);
  }

  private double exponent(double[] theta, int point) {
    double exponent = 0;
    for (int k = 0; k < theta.length; k++) {
      exponent -= theta[k] * x[k][point];
    }
    return exponent;
  }

  /**
   * The weighted normal equations of the exponents at the projection last made: writes {@code J^T W
   * J} and returns {@code J^T W r}, where column k of J is how the curve moves with {@code theta_k}
   * while a and e follow (Kaufman's approximation).
   */
  double[] normalEquations(double[][] jacobianProduct) {
    int inputs = x.length;
    int points = y.length;
    var column = new double[inputs][points];
    for (int k = 0; k < inputs; k++) {
      double mean = 0;
      for (int i = 0; i < points; i++) {
        column[k][i] = -a * x[k][i] * g[i];
        mean += weight[i] * column[k][i];
      }
      mean = constant ? mean / sumWeight : 0;
      double along = 0;
      for (int i = 0; i < points; i++) {
        along += weight[i] * (column[k][i] - mean) * direction(i);
      }
      along = varianceG > 0 ? along / varianceG : 0;
      for (int i = 0; i < points; i++) {
        column[k][i] -= mean + along * direction(i);
      }
    }
    var product = new double[inputs];
    for (int k = 0; k < inputs; k++) {
      for (int i = 0; i < points; i++) {
        product[k] += weight[i] * column[k][i] * residual[i];
      }
      for (int j = 0; j <= k; j++) {
        double sum = 0;
        for (int i = 0; i < points; i++) {
          sum += weight[i] * column[k][i] * column[j][i];
        }
        jacobianProduct[k][j] = sum;
        jacobianProduct[j][k] = sum;
      }
    }
    return product;
  }

  private double direction(int point) {
    return constant ? g[point] - meanG : g[point];
  }

  /** The curve at {@code input} with the a and e last solved for. */
  double at(double[] theta, double[] input) {
    return a * factor(theta, input) + e;
  }

  private double factor(double[] theta, double[] input) {
    double exponent = 0;
    for (int k = 0; k < theta.length; k++) {
      exponent -= theta[k] * (input[k] - centre[k]);
    }
    return Math.exp(exponent);
  }

  /** a for inputs that are not centred. */
  double uncentredA(double[] theta) {
    return a * factor(theta, new double[theta.length]);
  }

  /**
   * The variance of {@link #at} that follows from residuals of variance {@code variance} and
   * independent priors on the exponents of the given precisions; infinite where the points leave it
   * open.
   */
  double varianceAt(double[] theta, double[] input, double variance, double[] priorPrecision) {
    int inputs = x.length;
    int unknowns = inputs + (constant ? 2 : 1);
    var gradient = new double[unknowns][y.length];
    var atInput = new double[unknowns];
    double factor = factor(theta, input);
    for (int k = 0; k < inputs; k++) {
      atInput[k] = -a * (input[k] - centre[k]) * factor;
    }
    atInput[inputs] = factor;
    for (int i = 0; i < y.length; i++) {
      for (int k = 0; k < inputs; k++) {
        gradient[k][i] = -a * x[k][i] * g[i];
      }
      gradient[inputs][i] = g[i];
      if (constant) {
        gradient[inputs + 1][i] = 1;
      }
    }
    if (constant) {
      atInput[inputs + 1] = 1;
    }
    var information = new double[unknowns][unknowns];
    for (int j = 0; j < unknowns; j++) {
      for (int k = 0; k <= j; k++) {
        double sum = 0;
        for (int i = 0; i < y.length; i++) {
          sum += weight[i] * gradient[j][i] * gradient[k][i];
        }
        information[j][k] = sum / variance;
      }
      if (j < inputs) {
        information[j][j] += priorPrecision[j];
      }
    }
    return Cholesky.inverseQuadraticForm(information, atInput);
  }
}
