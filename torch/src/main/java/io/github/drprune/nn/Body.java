package io.github.drprune.nn;

import io.github.drprune.nn.KvCache.Past;
import org.bytedeco.pytorch.Tensor;

/** What a half of a block does between its norm and the residual stream. */
public sealed interface Body permits Attention, Mlp {
  /** What the units of the half put out, [B, T, units x width], from [B, T, hidden]. */
  Tensor units(Tensor x, Past past, ForwardHook hook);

  /** The last linear stage: from the units to the residual stream. Masks fold into it. */
  Linear output();

  /** [B, T, hidden] to [B, T, hidden]. */
  default Tensor forward(Tensor x, HalfMasks masks, Past past, ForwardHook hook) {
    Tensor units = units(x, past, hook);
    return output().forward(units, masks.rows(), masks.columns(units.size(-1)));
  }
}
