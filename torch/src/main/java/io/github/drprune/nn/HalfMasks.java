package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
import org.bytedeco.pytorch.Tensor;

/**
 * The masks of one half of a block; null stands for what is not masked. They act on the last linear
 * stage, whose columns are the half's units and whose rows are the residual stream's; the rows'
 * part falls to the norm after it where there is one.
 *
 * @param hidden the residual stream's
 * @param units [n], each value covers a run of columns: a head's or a key/value group's in
 *     attention, one in the MLP
 * @param whole a scalar on all that the half puts out
 */
public record HalfMasks(HiddenMask hidden, Tensor units, Tensor whole) {
  public static final HalfMasks NONE = new HalfMasks(null, null, null);

  /** Scale of what the half puts out, [hidden] or a scalar, or null. */
  Tensor rows() {
    return product(scale(hidden), whole);
  }

  /** Scale of the output's {@code width} columns, or null. */
  Tensor columns(long width) {
    return units == null || units.numel() == width
        ? units
        : Ops.repeatEach(units, width / units.numel());
  }

  /** The scale of the residual stream's units, or null. */
  static Tensor scale(HiddenMask hidden) {
    return hidden == null ? null : hidden.scale();
  }

  /** The product of two scales, either of which may be null. */
  static Tensor product(Tensor scale, Tensor other) {
    if (scale == null) {
      return other;
    }
    return other == null ? scale : scale.mul(other);
  }
}
