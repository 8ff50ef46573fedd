package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
import org.bytedeco.pytorch.Tensor;

/**
 * The masks of one block; null stands for what is not masked.
 *
 * @param hidden the residual stream's
 * @param heads [n], n dividing the query heads: each value covers a run of them (one head, or a
 *     key/value group)
 * @param intermediate [intermediate]
 * @param attention a scalar on the attention's output
 * @param mlp a scalar on the MLP's output
 */
public record BlockMasks(
    HiddenMask hidden, Tensor heads, Tensor intermediate, Tensor attention, Tensor mlp) {
  public static final BlockMasks NONE = new BlockMasks(null, null, null, null, null);

  /** Scale of the attention output's rows, or null. */
  Tensor attentionRows() {
    return rows(attention);
  }

  /** Scale of the MLP output's rows, or null. */
  Tensor mlpRows() {
    return rows(mlp);
  }

  /** Scale of the attention output's {@code width} columns, or null. */
  Tensor headColumns(long width) {
    return heads == null ? null : Ops.repeatEach(heads, width / heads.numel());
  }

  private Tensor rows(Tensor output) {
    if (hidden == null) {
      return output;
    }
    return output == null ? hidden.scale() : hidden.scale().mul(output);
  }
}
