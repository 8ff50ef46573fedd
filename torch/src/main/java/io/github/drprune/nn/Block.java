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
    return forward(x, masks, past, ForwardHook.NONE);
  }

  /** As {@link #forward(Tensor, BlockMasks, Past)}; {@code hook} sees what flows through. */
  public Tensor forward(Tensor x, BlockMasks masks, Past past, ForwardHook hook) {
    Tensor attended = x.add(attention.forward(x, masks.attention(), past, hook));
    return attended.add(mlp.forward(parallel ? x : attended, masks.mlp(), past, hook));
  }

  /** Gives {@code sink} the weights that {@code masks} change, scaled, at their full size. */
  public void fold(BlockMasks masks, BiConsumer<Weight, Tensor> sink) {
    attention.fold(masks.attention(), sink);
    mlp.fold(masks.mlp(), sink);
  }
}
