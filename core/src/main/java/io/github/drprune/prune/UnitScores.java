package io.github.drprune.prune;

import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * How much each unit of a model does. Larger is more important; only order within a kind has a
 * meaning.
 *
 * @param hidden [hidden]
 * @param heads [layers][query heads]
 * @param intermediate [layers][intermediate]
 * @param layers [layers]
 */
public record UnitScores(
    double[] hidden, double[][] heads, double[][] intermediate, double[] layers) {

  /** The masks, all 0 or 1, of a one-shot cut: in each row the units with the largest scores. */
  public MaskValues masks(MaskLayout layout, ModelShape target) {
    ModelSpec cut = layout.targetConfig(target);
    Map<MaskModule, float[][]> values = new EnumMap<>(MaskModule.class);
    for (MaskModule module : layout.modules()) {
      int kept = layout.kept(module, cut);
      values.put(
          module,
          Arrays.stream(rows(layout, module))
              .map(scores -> largest(scores, kept))
              .toArray(float[][]::new));
    }
    return new MaskValues(layout, values);
  }

  /** The scores of a module's units, [rows][units]; halves of a layer have the layer's. */
  public double[][] rows(MaskLayout layout, MaskModule module) {
    ModelSpec config = layout.config();
    return switch (module) {
      case HIDDEN -> new double[][] {hidden};
      case INTERMEDIATE -> intermediate;
      case LAYER, HEAD_LAYER, MLP -> new double[][] {layers};
      case HEAD -> {
        int size = config.groupSize();
        yield switch (layout.policy()) {
          case KV_GROUP ->
              Arrays.stream(heads)
                  .map(row -> groups(row, size))
                  .map(
                      groups ->
                          Arrays.stream(groups)
                              .mapToDouble(group -> Arrays.stream(group).sum())
                              .toArray())
                  .toArray(double[][]::new);
          case QUERY_IN_GROUP ->
              Arrays.stream(heads)
                  .flatMap(row -> Arrays.stream(groups(row, size)))
                  .toArray(double[][]::new);
        };
      }
    };
  }

  /** Positions of the units from the least (0) to the most important, of equals the later first. */
  public static int[] ranks(double[] scores) {
    int[] order =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted((i, j) -> scores[i] == scores[j] ? j - i : Double.compare(scores[i], scores[j]))
            .mapToInt(Integer::intValue)
            .toArray();
    int[] ranks = new int[scores.length];
    for (int rank = 0; rank < order.length; rank++) {
      ranks[order[rank]] = rank;
    }
    return ranks;
  }

  private static float[] largest(double[] scores, int kept) {
    int[] ranks = ranks(scores);
    float[] mask = new float[scores.length];
    for (int unit = 0; unit < mask.length; unit++) {
      mask[unit] = ranks[unit] >= mask.length - kept ? 1 : 0;
    }
    return mask;
  }

  private static double[][] groups(double[] heads, int size) {
    return IntStream.range(0, heads.length / size)
        .mapToObj(group -> Arrays.copyOfRange(heads, group * size, (group + 1) * size))
        .toArray(double[][]::new);
  }
}
