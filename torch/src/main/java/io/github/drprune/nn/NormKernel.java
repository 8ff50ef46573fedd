package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
import org.bytedeco.pytorch.Tensor;

/** Root-mean-square normalisation (arXiv 1910.07467). */
@FunctionalInterface
public interface NormKernel {
  /** The library's own, the oracle of the other. */
  NormKernel REFERENCE = (x, weight, eps) -> Ops.rmsNorm(x, weight.to(x.scalar_type()), eps);

  /**
   * {@code x / sqrt(mean(x^2) + eps) * weight} over the last dimension.
   *
   * @param x [.., hidden]
   * @param weight [hidden], of any type: rounded to that of {@code x} where that is narrower
   */
  Tensor rms(Tensor x, Tensor weight, double eps);
}
