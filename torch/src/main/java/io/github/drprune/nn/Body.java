package io.github.drprune.nn;

import io.github.drprune.nn.KvCache.Past;
import org.bytedeco.pytorch.Tensor;

/** What a half of a block does between its norm and the residual stream. */
public sealed interface Body permits Attention, Mlp {
  /**
   * What the units of the half put out, [B, T, units x width], from [B, T, hidden]. The masks do
   * not scale it; units at zero are out of statistics over several units.
   */
  Tensor units(Tensor x, HalfMasks masks, Past past, ForwardHook hook);

  /** The last linear stage: from the units to the residual stream. Masks fold into it. */
  Linear output();

  /**
   * [B, T, hidden] to [B, T, hidden].
   *
   * @param rows scale of what it puts out, [hidden] or a scalar; may be null
   */
  default Tensor forward(Tensor x, HalfMasks masks, Tensor rows, Past past, ForwardHook hook) {
    Tensor units = units(x, masks, past, hook);
    return output().forward(units, rows, masks.columns(units.size(-1)));
  }
}
