package io.github.drprune.nn;

import static org.bytedeco.pytorch.global.torch.ScalarType.Float;

import io.github.drprune.libtorch.CustomOperation;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.OneDnn;
import io.github.drprune.libtorch.Ops;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Products by oneDNN on a CPU. Gradients of weights and biases are written in float32, never
 * rounded to a narrower type on the way.
 *
 * @param product the type to multiply in: float32 where the processor has no products of the
 *     operands' own
 */
record OneDnnLinear(ScalarType product) implements LinearKernel {
  @Override
  public Tensor apply(Tensor x, Tensor weight, Tensor bias) {
    Tensor used; // [out, in], in the product's type
    Tensor y;
    try (var scope = NativeScope.open();
        var _ = NoGrad.open()) {
      used = scope.pass(weight.to(x.scalar_type()).to(product));
      Tensor rows = rows(x);
      Tensor result = Ops.empty(rows, product, rows.size(0), weight.size(0));
      Tensor added = bias == null ? null : bias.to(x.scalar_type()).to(Float);
      OneDnn.CPU.linear(rows, used, added, result);
      long[] shape = x.shape();
      shape[shape.length - 1] = weight.size(0);
      y = scope.pass(result.to(x.scalar_type()).view(shape));
    }
    List<Tensor> inputs = bias == null ? List.of(x, weight) : List.of(x, weight, bias);
    return CustomOperation.record(y, inputs, dy -> gradients(dy, x, used, inputs));
  }

  private Tensor[] gradients(Tensor dy, Tensor x, Tensor used, List<Tensor> inputs) {
    Tensor dRows = rows(dy);
    var gradients = new Tensor[inputs.size()];
    if (x.requires_grad()) {
      Tensor dx = Ops.empty(x, product, dRows.size(0), used.size(1));
      OneDnn.CPU.multiply(1, dRows, used, dx);
      gradients[0] = dx.to(x.scalar_type()).view(x.shape());
    }
    Tensor weight = inputs.get(1);
    if (weight.requires_grad()) {
      Tensor dw = Ops.empty(weight, Float, weight.shape());
      OneDnn.CPU.multiply(1, dRows.t(), rows(x), dw);
      gradients[1] = dw.to(weight.scalar_type());
    }
    if (inputs.size() > 2 && inputs.get(2).requires_grad()) {
      Tensor db = Ops.sum(dRows, 0, Float);
      gradients[2] = db.to(inputs.get(2).scalar_type());
    }
    return gradients;
  }

  /** [.., n] to [N, n] in the product's type. */
  private Tensor rows(Tensor x) {
    return x.to(product).reshape(-1, x.size(-1));
  }
}
