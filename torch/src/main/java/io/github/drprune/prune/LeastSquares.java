package io.github.drprune.prune;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Ops;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The weight that comes nearest to wanted outputs on given inputs, drawn a little towards a first
 * guess (ridge regression). Inputs may come in any number of parts; only their products are kept,
 * in float64.
 */
final class LeastSquares implements AutoCloseable {
  /** Weight of the guess, relative to the inputs' mean square. */
  private static final double RIDGE = 1e-3;

  private Tensor inputs; // [in, in]
  private Tensor products; // [in, out]

  /**
   * Adds samples.
   *
   * @param x [.., in]
   * @param wanted [.., out]
   */
  void add(Tensor x, Tensor wanted) {
    try (var _ = NativeScope.open()) {
      Tensor rows = x.reshape(-1, x.size(-1)).to(ScalarType.Double).t();
      Tensor gram = rows.matmul(rows.t());
      Tensor cross = rows.matmul(wanted.reshape(-1, wanted.size(-1)).to(ScalarType.Double));
      if (inputs == null) {
        inputs = NativeScope.keep(gram);
        products = NativeScope.keep(cross);
      } else {
        inputs.add_(gram);
        products.add_(cross);
      }
    }
  }

  /**
   * The weight W with {@code x W^T} near what is wanted.
   *
   * @param guess [out, in], float32
   * @return [out, in], float32, in the caller's scope
   */
  Tensor solve(Tensor guess) {
    double mean = inputs.diagonal().mean().item_double();
    if (mean == 0) {
      return guess; // the inputs say nothing
    }
    Tensor ridge = torch.eye(inputs.size(0), inputs.options());
    Tensor factor = torch.linalg_cholesky(inputs.add(Ops.mul(ridge, RIDGE * mean)));
    Tensor start = guess.to(ScalarType.Double);
    Tensor missing = products.sub(inputs.matmul(start.t()));
    return start.add(torch.cholesky_solve(missing, factor).t()).to(ScalarType.Float);
  }

  @Override
  public void close() {
    if (inputs != null) {
      inputs.close();
      products.close();
    }
  }
}
