package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
import org.bytedeco.pytorch.Tensor;

/**
 * The masks of one half of a block; null stands for what is not masked. All of them act on the last
 * linear stage: the half's units are its columns, the residual stream its rows.
 *
 * @param hidden the residual stream's
 * @param units [n], each value covers a run of columns: a head's or a key/value group's in
 *     attention, one in the MLP
 * @param whole a scalar on all that the half puts out
 */
public record HalfMasks(HiddenMask hidden, Tensor units, Tensor whole) {
  public static final HalfMasks NONE = new HalfMasks(null, null, null);

  /** Scale of the output's rows, or null. */
  Tensor rows() {
    if (hidden == null) {
      return whole;
    }
    return whole == null ? hidden.scale() : hidden.scale().mul(whole);
  }

  /** Scale of the output's {@code width} columns, or null. */
  Tensor columns(long width) {
    return units == null || units.numel() == width
        ? units
        : Ops.repeatEach(units, width / units.numel());
  }
}
