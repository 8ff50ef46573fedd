package io.github.drprune.nn;

import java.util.List;

/**
 * The masks of a forward pass.
 *
 * @param hidden the residual stream's, or null
 * @param blocks one per block; empty for none at all
 */
public record ModelMasks(HiddenMask hidden, List<BlockMasks> blocks) {
  public static final ModelMasks NONE = new ModelMasks(null, List.of());

  public ModelMasks {
    blocks = List.copyOf(blocks);
  }

  public BlockMasks block(int index) {
    return blocks.isEmpty() ? BlockMasks.NONE : blocks.get(index);
  }
}
