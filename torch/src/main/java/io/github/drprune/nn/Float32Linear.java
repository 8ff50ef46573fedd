package io.github.drprune.nn;

import static org.bytedeco.pytorch.global.torch.ScalarType.Float;

import io.github.drprune.libtorch.CustomOperation;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.ThreadedBlas;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Multiplies in float32 on all threads, and keeps for the backward pass the operands alone, in
 * their own type: processors whose bf16 products are slow convert and multiply faster.
 */
record Float32Linear() implements LinearKernel {
  @Override
  public Tensor apply(Tensor x, Tensor weight, Tensor bias) {
    Tensor y = forward(x, weight, bias);
    return bias == null
        ? CustomOperation.record(y, List.of(x, weight), dy -> backward(dy, x, weight, null))
        : CustomOperation.record(y, List.of(x, weight, bias), dy -> backward(dy, x, weight, bias));
  }

  private static Tensor forward(Tensor x, Tensor weight, Tensor bias) {
    try (var scope = NativeScope.open();
        var _ = NoGrad.open();
        var _ = ThreadedBlas.open()) {
      Tensor wide = bias == null ? null : bias.to(Float);
      return scope.pass(Ops.linear(x.to(Float), weight.to(Float), wide).to(x.scalar_type()));
    }
  }

  private static Tensor[] backward(Tensor dy, Tensor x, Tensor weight, Tensor bias) {
    Tensor wide = dy.to(Float).reshape(-1, dy.size(-1)); // [N, out]
    var gradients = new Tensor[3];
    try (var _ = ThreadedBlas.open()) {
      if (x.requires_grad()) {
        gradients[0] = wide.mm(weight.to(Float)).to(x.scalar_type()).view(x.shape());
      }
      if (weight.requires_grad()) {
        Tensor rows = x.to(Float).reshape(-1, x.size(-1)); // [N, in]
        gradients[1] = wide.t().mm(rows).to(weight.scalar_type());
      }
    }
    if (bias != null && bias.requires_grad()) {
      gradients[2] = Ops.sum(wide, 0).to(bias.scalar_type());
    }
    return gradients;
  }
}
