package io.github.drprune.nn;

import org.bytedeco.pytorch.Tensor;

/**
 * A matrix-vector product for a single row in float32, as generation has them: a matrix product
 * would first copy the whole weight into its own order. In bf16 it is the slower of the two.
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
    Tensor y = weight.mv(x.reshape(in));
    long[] shape = x.shape();
    shape[shape.length - 1] = weight.size(0);
    return (bias == null ? y : y.add(bias)).view(shape);
  }
}
