package io.github.drprune.nn;

import io.github.drprune.nn.KvCache.Past;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;

/**
 * A transformer block with the norms before its halves.
 *
 * @param parallel both halves read the block's input (GPT-NeoX); otherwise the MLP reads what
 *     attention left
 */
public record Block(
    Norm attentionNorm, Attention attention, Norm mlpNorm, Mlp mlp, boolean parallel) {

  /** [B, T, hidden] to [B, T, hidden]. */
  public Tensor forward(Tensor x, BlockMasks masks, Past past) {
    Tensor attended =
        x.add(attention.forward(attentionNorm.forward(x, masks.hidden()), masks, past));
    Tensor mlpInput = parallel ? x : attended;
    return attended.add(mlp.forward(mlpNorm.forward(mlpInput, masks.hidden()), masks));
  }

  /** Gives {@code sink} the weights that {@code masks} change, scaled, at their full size. */
  public void fold(BlockMasks masks, BiConsumer<Weight, Tensor> sink) {
    attentionNorm.fold(masks.hidden(), sink);
    attention.fold(masks, sink);
    mlpNorm.fold(masks.hidden(), sink);
    mlp.fold(masks, sink);
  }

  /** Gives {@code sink} the weights of the MLP half, its norm's included. */
  public void mlpWeights(Consumer<Weight> sink) {
    BiConsumer<Weight, Tensor> folded = (weight, _) -> sink.accept(weight);
    mlpNorm.fold(null, folded);
    mlp.fold(BlockMasks.NONE, folded);
    mlp.inputs().forEach(linear -> linear.fold(null, null, folded));
  }
}
