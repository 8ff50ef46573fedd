package io.github.drprune.nn;

import io.github.drprune.nn.KvCache.Past;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;

/**
 * A transformer block.
 *
 * @param parallel both halves read the block's input (GPT-NeoX); otherwise the MLP reads what
 *     attention left
 */
public record Block(HalfBlock attention, HalfBlock mlp, boolean parallel) {

  /** [B, T, hidden] to [B, T, hidden]. */
  public Tensor forward(Tensor x, BlockMasks masks, Past past) {
    return forward(x, masks, past, Probe.NONE);
  }

  /** As {@link #forward(Tensor, BlockMasks, Past)}; {@code probe} sees what flows through. */
  public Tensor forward(Tensor x, BlockMasks masks, Past past, Probe probe) {
    Tensor attended = x.add(attention.forward(x, masks.attention(), past, probe));
    return attended.add(mlp.forward(parallel ? x : attended, masks.mlp(), past, probe));
  }

  /** Gives {@code sink} the weights that {@code masks} change, scaled, at their full size. */
  public void fold(BlockMasks masks, BiConsumer<Weight, Tensor> sink) {
    attention.fold(masks.attention(), sink);
    mlp.fold(masks.mlp(), sink);
  }
}
