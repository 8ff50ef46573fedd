package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
import org.bytedeco.pytorch.Tensor;

/** Root-mean-square normalisation (arXiv 1910.07467). */
@FunctionalInterface
public interface NormKernel {
  /** The library's own, the oracle of the other. */
  NormKernel PLAIN = Ops::rmsNorm;

  /**
   * {@code x / sqrt(mean(x^2) + eps) * weight} over the last dimension.
   *
   * @param x [.., hidden]
   * @param weight [hidden], in the type of {@code x}
   */
  Tensor rms(Tensor x, Tensor weight, double eps);
}
