package io.github.drprune.prune;

import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.SizeRule;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Function;

/** Turns expected sparsities, which differ between layers, into one uniform shape. */
public final class ExpectedShape {
  private record Sizes(int hidden, int heads, int kvHeads) {}

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
  public static ModelShape of(
      MaskLayout layout, Function<MaskModule, double[]> expectedSparsity, double sparsity) {
    return new ExpectedShape(layout, expectedSparsity).rounded(sparsity);
  }

  private ModelShape rounded(double sparsity) {
    ModelSpec source = layout.config();
    Set<MaskModule> modules = layout.modules();
    int layers =
        modules.contains(MaskModule.HEAD_LAYER)
            ? (int) Math.rint(0.5 * (kept(MaskModule.HEAD_LAYER) + kept(MaskModule.MLP)))
            : rounded(MaskModule.LAYER);
    Sizes sizes = nearestSizes(source);
    var shape =
        new ModelShape(
            sizes.hidden(),
            Math.max(1, layers),
            sizes.heads(),
            sizes.kvHeads(),
            rounded(MaskModule.INTERMEDIATE));
    return modules.contains(MaskModule.INTERMEDIATE) ? withIntermediate(shape, sparsity) : shape;
  }

  /** The hidden size and heads nearest to the expected ones that readers of the family accept. */
  private Sizes nearestSizes(ModelSpec source) {
    boolean hiddenIsFree = layout.modules().contains(MaskModule.HIDDEN);
    boolean headsAreFree = layout.modules().contains(MaskModule.HEAD);
    int units = layout.units(MaskModule.HEAD);
    double expectedHidden = kept(MaskModule.HIDDEN);
    double expectedHeads = kept(MaskModule.HEAD);
    Sizes nearest = null;
    double least = Double.POSITIVE_INFINITY;
    for (int kept = headsAreFree ? 1 : units; kept <= units; kept++) {
      int kvHeads = layout.policy() == GroupPolicy.KV_GROUP ? kept : source.kvHeads();
      int heads =
          switch (layout.policy()) {
            case KV_GROUP -> kept * source.groupSize();
            case QUERY_IN_GROUP -> kept * source.kvHeads();
          };
      for (int hidden = hiddenIsFree ? 1 : source.hiddenSize();
          hidden <= source.hiddenSize();
          hidden++) {
        double distance =
            Math.abs(hidden - expectedHidden) / source.hiddenSize()
                + Math.abs(kept - expectedHeads) / units;
        if (distance < least && source.allows(hidden, heads, SizeRule::isBinding)) {
          nearest = new Sizes(hidden, heads, kvHeads);
          least = distance;
        }
      }
    }
    return nearest;
  }

  /** {@code shape} with the intermediate size that brings its parameters nearest the sparsity. */
  private ModelShape withIntermediate(ModelShape shape, double sparsity) {
    var parameters = PrunableParameters.of(layout);
    ModelSpec source = layout.config();
    ModelSpec cut = layout.policy().cut(source, shape);
    double hiddenShare = (double) shape.hiddenSize() / source.hiddenSize();
    double perUnit = shape.layers() * hiddenShare * parameters.mlp() / source.intermediateSize();
    double others = cut.blockParameters() - perUnit * shape.intermediateSize();
    double wanted = ((1 - sparsity) * parameters.all() - others) / perUnit;
    return new ModelShape(
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
