package io.github.drprune.prune;

import io.github.drprune.model.ModelSpec;
import java.util.Arrays;
import java.util.Set;

/** Turns expected sparsities, which differ between layers, into one uniform shape. */
final class ExpectedShape {
  private ExpectedShape() {}

  /**
   * Each size rounded from its expected mean over layers; the intermediate size, where it is
   * masked, is the one that meets {@code sparsity} over the parameters.
   */
  static TargetShape of(MaskSet masks, ExpectedSize size, double sparsity) {
    MaskLayout layout = masks.layout();
    ModelSpec source = layout.config();
    Set<MaskModule> modules = layout.modules();
    int layers =
        modules.contains(MaskModule.HEAD_LAYER)
            ? (int)
                Math.rint(0.5 * (kept(masks, MaskModule.HEAD_LAYER) + kept(masks, MaskModule.MLP)))
            : rounded(masks, MaskModule.LAYER);
    int heads = source.heads();
    int kvHeads = source.kvHeads();
    if (modules.contains(MaskModule.HEAD)) {
      int kept = rounded(masks, MaskModule.HEAD);
      switch (layout.policy()) {
        case KV_GROUP -> {
          kvHeads = kept;
          heads = kept * source.groupSize();
        }
        case QUERY_IN_GROUP -> heads = kept * source.kvHeads();
      }
    }
    int hidden = rounded(masks, MaskModule.HIDDEN);
    if (source.family().hiddenFollowsHeads()) {
      hidden = heads * source.headDim();
    }
    var shape =
        new TargetShape(
            hidden, Math.max(1, layers), heads, kvHeads, rounded(masks, MaskModule.INTERMEDIATE));
    return modules.contains(MaskModule.INTERMEDIATE)
        ? withIntermediate(shape, layout, size, sparsity)
        : shape;
  }

  /** {@code shape} with the intermediate size that brings its parameters nearest the sparsity. */
  private static TargetShape withIntermediate(
      TargetShape shape, MaskLayout layout, ExpectedSize size, double sparsity) {
    ModelSpec source = layout.config();
    ModelSpec cut = shape.cutFrom(source, layout.policy());
    double hiddenShare = (double) shape.hiddenSize() / source.hiddenSize();
    double perUnit = shape.layers() * hiddenShare * size.mlp() / source.intermediateSize();
    double others = MaskLayout.matrices(cut) - perUnit * shape.intermediateSize();
    double wanted = ((1 - sparsity) * size.all() - others) / perUnit;
    return new TargetShape(
        shape.hiddenSize(),
        shape.layers(),
        shape.heads(),
        shape.kvHeads(),
        Math.clamp(Math.round(wanted), 1, source.intermediateSize()));
  }

  private static int rounded(MaskSet masks, MaskModule module) {
    return (int) Math.max(1, Math.rint(kept(masks, module)));
  }

  /** Units that are expected to stay, the mean over rows. */
  private static double kept(MaskSet masks, MaskModule module) {
    int units = masks.layout().units(module);
    return masks.layout().modules().contains(module)
        ? units * (1 - Arrays.stream(masks.expectedSparsity(module)).average().orElseThrow())
        : units;
  }
}
