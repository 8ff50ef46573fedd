package io.github.drprune.nn;

import io.github.drprune.libtorch.CustomOperation;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Multiplies in a wider type than that of the operands, which alone are kept: for processors whose
 * narrow products are slower than the conversions and a wide product.
 *
 * @param product the type to multiply in
 */
record WidenedLinear(ScalarType product) implements LinearKernel {
  @Override
  public Tensor apply(Tensor x, Tensor weight, Tensor bias) {
    if (x.scalar_type() == product) {
      return PLAIN.apply(x, weight, bias);
    }
    Tensor y = forward(x, weight, bias);
    return bias == null
        ? CustomOperation.record(y, List.of(x, weight), dy -> backward(dy, x, weight, null))
        : CustomOperation.record(y, List.of(x, weight, bias), dy -> backward(dy, x, weight, bias));
  }

  private Tensor forward(Tensor x, Tensor weight, Tensor bias) {
    try (var scope = NativeScope.open();
        var _ = NoGrad.open()) {
      Tensor wide = bias == null ? null : bias.to(product);
      return scope.pass(Ops.linear(x.to(product), weight.to(product), wide).to(x.scalar_type()));
    }
  }

  private Tensor[] backward(Tensor dy, Tensor x, Tensor weight, Tensor bias) {
    Tensor wide = dy.to(product).reshape(-1, dy.size(-1)); // [N, out]
    var gradients = new Tensor[3];
    if (x.requires_grad()) {
      gradients[0] = wide.mm(weight.to(product)).to(x.scalar_type()).view(x.shape());
    }
    if (weight.requires_grad()) {
      Tensor rows = x.to(product).reshape(-1, x.size(-1)); // [N, in]
      gradients[1] = wide.t().mm(rows).to(weight.scalar_type());
    }
    if (bias != null && bias.requires_grad()) {
      gradients[2] = Ops.sum(wide, 0).to(bias.scalar_type());
    }
    return gradients;
  }
}
