package io.github.drprune.nn;

import io.github.drprune.libtorch.CustomOperation;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * RMSNorm in float32 by runs of rows that stay in cache; of the forward pass only one number a row
 * is kept.
 */
final class RunwiseNorm implements NormKernel {
  @Override
  public Tensor rms(Tensor x, Tensor weight, double eps) {
    // To start the runs takes longer than a row does.
    if (x.numel() == x.size(-1)) {
      return PLAIN.rms(x, weight, eps);
    }
    Tensor scale; // [rows, 1], 1 / sqrt(mean(x^2) + eps)
    Tensor y;
    try (var scope = NativeScope.open();
        var _ = NoGrad.open()) {
      Tensor rows = x.reshape(-1, x.size(-1));
      scale = scope.pass(Ops.empty(x, ScalarType.Float, rows.size(0), 1));
      y = scope.pass(Ops.empty(x, x.scalar_type(), x.shape()));
      Tensor wide = weight.to(ScalarType.Float);
      RowRuns.over(
          List.of(rows, scale, y.view(rows.shape())),
          run -> forward(run.get(0), wide, eps, run.get(1), run.get(2)));
    }
    return CustomOperation.record(y, List.of(x, weight), dy -> backward(dy, x, weight, scale));
  }

  private static void forward(Tensor x, Tensor weight, double eps, Tensor scale, Tensor y) {
    Tensor wide = Ops.contiguous(x, ScalarType.Float);
    Tensor meanSquare = Ops.mul(Ops.normKeeping(wide).square_(), 1.0 / x.size(1));
    scale.copy_(Ops.add(meanSquare, eps).rsqrt_());
    y.copy_(wide.mul_(scale).mul_(weight));
  }

  /**
   * With the normalised row {@code n = x r}, {@code dx = r (dy w - n mean(dy w n))} and {@code dw}
   * the sum of {@code dy n} over rows.
   */
  private static Tensor[] backward(Tensor dy, Tensor x, Tensor weight, Tensor scale) {
    long width = x.size(-1);
    Tensor dx = Ops.empty(x, x.scalar_type(), x.shape());
    Tensor dw = Ops.zeros(x, ScalarType.Float, width);
    Tensor wide = weight.to(ScalarType.Float);
    RowRuns.over(
        List.of(dy.reshape(-1, width), x.reshape(-1, width), scale, dx.view(-1, width)),
        run -> {
          Tensor d = Ops.contiguous(run.get(0), ScalarType.Float);
          Tensor normalised = Ops.contiguous(run.get(1), ScalarType.Float).mul_(run.get(2));
          Tensor product = normalised.mul(d);
          dw.add_(Ops.sum(product, 0));
          Tensor mean = Ops.mul(product.mv(wide), 1.0 / width).unsqueeze(1);
          Tensor gradient = d.mul_(wide).addcmul_(normalised, mean, new Scalar(-1.0));
          run.get(3).copy_(gradient.mul_(run.get(2)));
        });
    return new Tensor[] {dx, dw.to(weight.scalar_type())};
  }
}
