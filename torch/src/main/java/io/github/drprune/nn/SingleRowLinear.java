package io.github.drprune.nn;

import io.github.drprune.libtorch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The library's own for a single row, as generation has them, where to start anything else takes
 * longer than the work. In float32 it is a matrix-vector product: its matrix product would first
 * copy the whole weight into its own order.
 *
 * @param several multiplies more rows
 */
record SingleRowLinear(LinearKernel several) implements LinearKernel {
  @Override
  public Tensor apply(Tensor x, Tensor weight, Tensor bias) {
    long in = x.size(-1);
    if (x.numel() != in) {
      return several.apply(x, weight, bias);
    }
    if (!Tensors.are(ScalarType.Float, x)) {
      return REFERENCE.apply(x, weight, bias);
    }
    Tensor y = weight.mv(x.reshape(in));
    long[] shape = x.shape();
    shape[shape.length - 1] = weight.size(0);
    return (bias == null ? y : y.add(bias)).view(shape);
  }
}
