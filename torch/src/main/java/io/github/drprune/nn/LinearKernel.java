package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
import org.bytedeco.pytorch.Tensor;

/** The product of activations and a weight. */
@FunctionalInterface
public interface LinearKernel {
  /** The library's own, in the type of the activations: the oracle of the others. */
  LinearKernel REFERENCE = LinearKernel::plain;

  /**
   * {@code x W^T + b}.
   *
   * @param x [.., in]
   * @param weight [out, in], of any type: rounded to that of {@code x} where that is narrower
   * @param bias [out], as the weight; may be null
   */
  Tensor apply(Tensor x, Tensor weight, Tensor bias);

  private static Tensor plain(Tensor x, Tensor weight, Tensor bias) {
    var type = x.scalar_type();
    return Ops.linear(x, weight.to(type), bias == null ? null : bias.to(type));
  }
}
