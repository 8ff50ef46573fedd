package io.github.drprune.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The mask of the residual stream. Units at zero are out: the embedding is zeroed there and every
 * block's output is, so they stay zero throughout and norms need only count the others.
 *
 * @param scale values in [0, 1], [hidden], differentiable
 * @param kept how many are above zero
 */
public record HiddenMask(Tensor scale, long kept) {
  public HiddenMask {
    if (kept < 1 || kept > scale.numel()) {
      throw new IllegalArgumentException(
          "%d of %d hidden units kept".formatted(kept, scale.numel()));
    }
  }

  public static HiddenMask of(Tensor scale) {
    return new HiddenMask(scale, scale.detach().count_nonzero().item_long());
  }

  /** 1 where a unit stays, 0 where it goes, not differentiable. */
  public Tensor keep(ScalarType type) {
    return scale.detach().ne(new org.bytedeco.pytorch.Scalar(0.0)).to(type);
  }

  /** kept / all. */
  double share() {
    return (double) kept / scale.numel();
  }
}
