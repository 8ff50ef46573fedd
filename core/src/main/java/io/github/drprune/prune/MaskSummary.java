package io.github.drprune.prune;

import io.github.drprune.model.ModelShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What masks keep, for people.
 *
 * @param source the shape of the model that they are of
 * @param result the shape of the model that they cut
 * @param hiddenMean mean value of the hidden units kept
 */
public record MaskSummary(
    ModelShape source, ModelShape result, double hiddenMean, List<Layer> layers) {
  /**
   * A layer of the source.
   *
   * @param attentionAs the layer of the result that its attention half becomes part of, or null
   * @param mlpAs the same of its MLP half
   * @param heads query heads that stay
   * @param headMean mean value of the heads kept
   * @param intermediate MLP units that stay, a count
   * @param intermediateMean mean value of the MLP units kept
   */
  public record Layer(
      int layer,
      Integer attentionAs,
      Integer mlpAs,
      List<Integer> heads,
      double headMean,
      int intermediate,
      double intermediateMean) {}

  public static MaskSummary of(MaskValues masks) {
    List<LayerPair> pairs = masks.layers();
    List<Layer> layers = new ArrayList<>();
    MaskLayout layout = masks.layout();
    for (int i = 0; i < layout.config().layers(); i++) {
      int layer = i;
      Integer attentionAs = index(pairs.stream().map(LayerPair::attention).toList(), layer);
      Integer mlpAs = index(pairs.stream().map(LayerPair::mlp).toList(), layer);
      int rowsOfHeads = layout.rows(MaskModule.HEAD) / layout.config().layers();
      layers.add(
          new Layer(
              layer,
              attentionAs,
              mlpAs,
              attentionAs == null ? List.of() : Arrays.stream(masks.heads(layer)).boxed().toList(),
              mean(masks, MaskModule.HEAD, layer * rowsOfHeads, rowsOfHeads),
              mlpAs == null ? 0 : masks.intermediate(layer).length,
              mean(masks, MaskModule.INTERMEDIATE, layer, 1)));
    }
    return new MaskSummary(
        layout.config().shape(), masks.shape(), mean(masks, MaskModule.HIDDEN, 0, 1), layers);
  }

  private static Integer index(List<Integer> kept, int layer) {
    return kept.contains(layer) ? kept.indexOf(layer) : null;
  }

  /** The mean of what is kept in {@code count} rows, 1 where nothing is masked. */
  private static double mean(MaskValues masks, MaskModule module, int from, int count) {
    if (!masks.layout().modules().contains(module)) {
      return 1;
    }
    float[][] rows = masks.values().get(module);
    return IntStream.range(from, from + count)
        .boxed()
        .flatMapToDouble(
            row -> IntStream.range(0, rows[row].length).mapToDouble(unit -> rows[row][unit]))
        .filter(value -> value > 0)
        .average()
        .orElse(0);
  }
}
