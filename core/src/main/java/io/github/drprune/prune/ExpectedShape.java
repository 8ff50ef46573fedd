package io.github.drprune.prune;

import io.github.drprune.model.ModelSpec;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Function;

/** Turns expected sparsities, which differ between layers, into one uniform shape. */
public final class ExpectedShape {
  private final MaskLayout layout;
  private final Function<MaskModule, double[]> expectedSparsity;

  private ExpectedShape(MaskLayout layout, Function<MaskModule, double[]> expectedSparsity) {
    this.layout = layout;
    this.expectedSparsity = expectedSparsity;
  }

  /**
   * Each size rounded from its expected mean over layers; the intermediate size, where it is
   * masked, is the one that meets {@code sparsity} over the parameters.
   *
   * @param expectedSparsity of each row of a module
   */
  public static TargetShape of(
      MaskLayout layout, Function<MaskModule, double[]> expectedSparsity, double sparsity) {
    return new ExpectedShape(layout, expectedSparsity).rounded(sparsity);
  }

  private TargetShape rounded(double sparsity) {
    ModelSpec source = layout.config();
    Set<MaskModule> modules = layout.modules();
    int layers =
        modules.contains(MaskModule.HEAD_LAYER)
            ? (int) Math.rint(0.5 * (kept(MaskModule.HEAD_LAYER) + kept(MaskModule.MLP)))
            : rounded(MaskModule.LAYER);
    int heads = source.heads();
    int kvHeads = source.kvHeads();
    if (modules.contains(MaskModule.HEAD)) {
      int kept = rounded(MaskModule.HEAD);
      switch (layout.policy()) {
        case KV_GROUP -> {
          kvHeads = kept;
          heads = kept * source.groupSize();
        }
        case QUERY_IN_GROUP -> heads = kept * source.kvHeads();
      }
    }
    int hidden = rounded(MaskModule.HIDDEN);
    if (source.family().hiddenFollowsHeads()) {
      hidden = heads * source.headDim();
    }
    var shape =
        new TargetShape(
            hidden, Math.max(1, layers), heads, kvHeads, rounded(MaskModule.INTERMEDIATE));
    return modules.contains(MaskModule.INTERMEDIATE) ? withIntermediate(shape, sparsity) : shape;
  }

  /** {@code shape} with the intermediate size that brings its parameters nearest the sparsity. */
  private TargetShape withIntermediate(TargetShape shape, double sparsity) {
    var parameters = PrunableParameters.of(layout);
    ModelSpec source = layout.config();
    ModelSpec cut = shape.cutFrom(source, layout.policy());
    double hiddenShare = (double) shape.hiddenSize() / source.hiddenSize();
    double perUnit = shape.layers() * hiddenShare * parameters.mlp() / source.intermediateSize();
    double others = MaskLayout.matrices(cut) - perUnit * shape.intermediateSize();
    double wanted = ((1 - sparsity) * parameters.all() - others) / perUnit;
    return new TargetShape(
        shape.hiddenSize(),
        shape.layers(),
        shape.heads(),
        shape.kvHeads(),
        Math.clamp(Math.round(wanted), 1, source.intermediateSize()));
  }

  private int rounded(MaskModule module) {
    return (int) Math.max(1, Math.rint(kept(module)));
  }

  /** Units that are expected to stay, the mean over rows. */
  private double kept(MaskModule module) {
    int units = layout.units(module);
    return layout.modules().contains(module)
        ? units * (1 - Arrays.stream(expectedSparsity.apply(module)).average().orElseThrow())
        : units;
  }
}
