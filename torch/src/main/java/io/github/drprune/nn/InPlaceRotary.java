package io.github.drprune.nn;

import io.github.drprune.libtorch.CustomOperation;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Rotation written straight into its result, which lies as attention's products want it; the
 * gradient lies as the projections' products want it. Backward turns the other way and keeps
 * nothing.
 */
final class InPlaceRotary implements RotaryKernel {
  @Override
  public Tensor rotate(Tensor x, Tensor cosines, Tensor sines) {
    Tensor y;
    try (var scope = NativeScope.open();
        var _ = NoGrad.open()) {
      y = scope.pass(Ops.empty(x, x.scalar_type(), x.shape()));
      rotate(x, cosines, sines, 1, y);
    }
    return CustomOperation.record(
        y,
        List.of(x),
        dy -> {
          Tensor dx =
              Ops.empty(dy, dy.scalar_type(), dy.size(0), dy.size(2), dy.size(1), dy.size(3))
                  .transpose(1, 2);
          rotate(dy, cosines, sines, -1, dx);
          return new Tensor[] {dx};
        });
  }

  private static void rotate(Tensor x, Tensor cosines, Tensor sines, double direction, Tensor y) {
    long half = cosines.size(1);
    Tensor first = x.narrow(-1, 0, half);
    Tensor second = x.narrow(-1, half, half);
    Tensor firstTurned = y.narrow(-1, 0, half);
    Tensor secondTurned = y.narrow(-1, half, half);
    torch.mul_out(firstTurned, first, cosines).addcmul_(second, sines, new Scalar(-direction));
    torch.mul_out(secondTurned, second, cosines).addcmul_(first, sines, new Scalar(direction));
    long rest = x.size(-1) - 2 * half;
    if (rest > 0) {
      y.narrow(-1, 2 * half, rest).copy_(x.narrow(-1, 2 * half, rest));
    }
  }
}
