package io.github.drprune.prune;

import io.github.drprune.model.Axis.Unit;

/**
 * The parameters of the blocks' matrices by what removes them.
 *
 * @param perHeads parameters of a layer that shrink with its heads
 * @param perGroups parameters of a layer's attention that no head mask removes
 * @param mlp parameters of a layer's MLP
 */
public record PrunableParameters(MaskLayout layout, long perHeads, long perGroups, long mlp) {

  public static PrunableParameters of(MaskLayout layout) {
    long query = layout.perLayer(Unit.QUERY_HEAD);
    long keyValue = layout.perLayer(Unit.KEY_VALUE_HEAD);
    long mlp = layout.perLayer(Unit.INTERMEDIATE);
    return switch (layout.policy()) {
      case KV_GROUP -> new PrunableParameters(layout, query + keyValue, 0, mlp);
      case QUERY_IN_GROUP -> new PrunableParameters(layout, query, keyValue, mlp);
    };
  }

  /** Of all blocks' matrices. */
  public long all() {
    return layout.config().layers() * (perHeads + perGroups + mlp);
  }
}
