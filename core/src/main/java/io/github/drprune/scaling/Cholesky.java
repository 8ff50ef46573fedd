package io.github.drprune.scaling;

/** Small symmetric positive definite systems, given by their lower triangle. */
final class Cholesky {
  private Cholesky() {}

  /** {@code v^T M^-1 v}; infinite where M is not numerically positive definite. */
  static double inverseQuadraticForm(double[][] m, double[] v) {
    int n = v.length;
    var lower = new double[n][n];
    double form = 0;
    var z = new double[n]; // L z = v
    for (int i = 0; i < n; i++) {
      double right = v[i];
      for (int j = 0; j <= i; j++) {
        double sum = m[i][j];
        for (int k = 0; k < j; k++) {
          sum -= lower[i][k] * lower[j][k];
        }
        if (j < i) {
          lower[i][j] = sum / lower[j][j];
          right -= lower[i][j] * z[j];
        } else if (sum > 1e-14 * m[i][i]) {
          lower[i][i] = Math.sqrt(sum);
        } else {
          return Double.POSITIVE_INFINITY;
        }
      }
      z[i] = right / lower[i][i];
      form += z[i] * z[i];
    }
    return form;
  }
}
