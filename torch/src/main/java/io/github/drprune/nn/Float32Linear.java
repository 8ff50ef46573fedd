package io.github.drprune.nn;

import static org.bytedeco.pytorch.global.torch.ScalarType.Float;

import io.github.drprune.libtorch.CustomOperation;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.OneDnn;
import io.github.drprune.libtorch.Ops;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Multiplies in float32 by oneDNN, on all threads where the library has one for OpenBLAS, and keeps
 * for the backward pass the operands alone, in their own type: processors whose bf16 products are
 * slow convert and multiply faster.
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
        var _ = NoGrad.open()) {
      Tensor y = product(rows(x), weight.to(Float).t());
      if (bias != null) {
        y.add_(bias);
      }
      long[] shape = x.shape();
      shape[shape.length - 1] = weight.size(0);
      return scope.pass(y.to(x.scalar_type()).view(shape));
    }
  }

  private static Tensor[] backward(Tensor dy, Tensor x, Tensor weight, Tensor bias) {
    Tensor wide = rows(dy);
    var gradients = new Tensor[3];
    if (x.requires_grad()) {
      gradients[0] = product(wide, weight.to(Float)).to(x.scalar_type()).view(x.shape());
    }
    if (weight.requires_grad()) {
      gradients[1] = product(wide.t(), rows(x)).to(weight.scalar_type());
    }
    if (bias != null && bias.requires_grad()) {
      gradients[2] = Ops.sum(wide, 0).to(bias.scalar_type());
    }
    return gradients;
  }

  /** [.., n] to [N, n] float32. */
  private static Tensor rows(Tensor x) {
    return x.to(Float).reshape(-1, x.size(-1));
  }

  private static Tensor product(Tensor a, Tensor b) {
    Tensor c = Ops.empty(a, Float, a.size(0), b.size(1));
    OneDnn.CPU.multiply(1, a, b, c);
    return c;
  }
}
