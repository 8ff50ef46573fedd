package io.github.drprune.nn;

import static org.bytedeco.pytorch.global.torch.ScalarType.Float;

import io.github.drprune.libtorch.CustomOperation;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.OneDnn;
import io.github.drprune.libtorch.Ops;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * RMSNorm whose forward pass is one of oneDNN over memory; of it only one number a row is kept.
 * Backward goes by runs of rows that stay in cache, as that of oneDNN 3.11 is wrong: it subtracts
 * the mean as if of LayerNorm.
 *
 * @param product the type to read and write forward: float32 where the processor has no bf16
 */
record OneDnnNorm(ScalarType product) implements NormKernel {
  @Override
  public Tensor rms(Tensor x, Tensor weight, double eps) {
    // A single row is sooner done than oneDNN starts.
    if (x.numel() == x.size(-1)) {
      return REFERENCE.rms(x, weight, eps);
    }
    Tensor used; // [hidden] float32, rounded as x is
    Tensor scale; // [rows, 1], 1 / sqrt(mean(x^2) + eps)
    Tensor y;
    try (var scope = NativeScope.open();
        var _ = NoGrad.open()) {
      used = scope.pass(weight.to(x.scalar_type()).to(Float));
      Tensor rows = x.to(product).reshape(-1, x.size(-1)).contiguous();
      Tensor meanSquares = Ops.empty(x, Float, rows.size(0));
      Tensor result = Ops.empty(x, product, rows.shape());
      OneDnn.CPU.rmsNorm(rows, used, eps, result, meanSquares);
      scale = scope.pass(Ops.add(meanSquares, eps).rsqrt_().unsqueeze(1));
      y = scope.pass(result.to(x.scalar_type()).view(x.shape()));
    }
    ScalarType type = weight.scalar_type();
    return CustomOperation.record(y, List.of(x, weight), dy -> backward(dy, x, used, scale, type));
  }

  /**
   * With the normalised row {@code n = x r}, {@code dx = r (dy w - n mean(dy w n))} and {@code dw}
   * the sum of {@code dy n} over rows.
   */
  private static Tensor[] backward(
      Tensor dy, Tensor x, Tensor weight, Tensor scale, ScalarType weightType) {
    long width = x.size(-1);
    Tensor dx = Ops.empty(x, x.scalar_type(), x.shape());
    Tensor dw = Ops.zeros(x, Float, width);
    RowRuns.over(
        List.of(dy.reshape(-1, width), x.reshape(-1, width), scale, dx.view(-1, width)),
        run -> {
          Tensor d = Ops.contiguous(run.get(0), Float);
          Tensor normalised = Ops.contiguous(run.get(1), Float).mul_(run.get(2));
          Tensor product = normalised.mul(d);
          dw.add_(Ops.sum(product, 0));
          Tensor mean = Ops.mul(product.mv(weight), 1.0 / width).unsqueeze(1);
          Tensor gradient = d.mul_(weight).addcmul_(normalised, mean, new Scalar(-1.0));
          run.get(3).copy_(gradient.mul_(run.get(2)));
        });
    return new Tensor[] {dx, dw.to(weightType)};
  }
}
