package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
import org.bytedeco.pytorch.Tensor;

/** The product of activations and a weight. */
@FunctionalInterface
public interface LinearKernel {
  /** The library's own, in the type of its operands: the oracle of the others. */
  LinearKernel PLAIN = Ops::linear;

  /**
   * {@code x W^T + b}.
   *
   * @param x [.., in]
   * @param weight [out, in], in the type of {@code x}
   * @param bias [out], or null
   */
  Tensor apply(Tensor x, Tensor weight, Tensor bias);
}
