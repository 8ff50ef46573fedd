package io.github.drprune.prune;

import io.github.drprune.error.UserException;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The values of all masks of a model, numbers rather than tensors: zero removes a unit, anything
 * else up to 1 scales it.
 *
 * @param values [rows][units] of each module of the layout
 */
public record MaskValues(MaskLayout layout, Map<MaskModule, float[][]> values) {
  public MaskValues {
    if (!values.keySet().equals(layout.modules())) {
      throw new UserException(
          "masks: of %s, where %s are masked".formatted(values.keySet(), layout.modules()));
    }
    values = new EnumMap<>(values);
    values.forEach((module, rows) -> check(layout, module, rows));
  }

  /** Reads a {@code masks.json}. */
  public static MaskValues read(Path file) throws IOException {
    return MasksFile.read(file);
  }

  /** Writes a {@code masks.json}, from which {@link #read} gives the same values. */
  public void write(Path file) throws IOException {
    MasksFile.write(this, file);
  }

  /** The units of a row that stay, ascending. */
  public int[] kept(MaskModule module, int row) {
    float[] units = values.get(module)[row];
    return IntStream.range(0, units.length).filter(unit -> units[unit] > 0).toArray();
  }

  /** The layers that stay, in order. */
  public List<LayerPair> layers() {
    ModelSpec config = layout.config();
    if (layout.modules().contains(MaskModule.LAYER)) {
      return LayerPair.whole(kept(MaskModule.LAYER, 0));
    }
    if (layout.modules().contains(MaskModule.HEAD_LAYER)) {
      return LayerPair.halves(
          kept(MaskModule.HEAD_LAYER, 0), kept(MaskModule.MLP, 0), config.parallelResidual());
    }
    return LayerPair.whole(IntStream.range(0, config.layers()).toArray());
  }

  /** The hidden units that stay. */
  public int[] hidden() {
    return layout.modules().contains(MaskModule.HIDDEN)
        ? kept(MaskModule.HIDDEN, 0)
        : all(layout.config().hiddenSize());
  }

  /** The MLP units of a source layer that stay. */
  public int[] intermediate(int layer) {
    return layout.modules().contains(MaskModule.INTERMEDIATE)
        ? kept(MaskModule.INTERMEDIATE, layer)
        : all(layout.config().intermediateSize());
  }

  /** The key/value heads of a source layer that stay. */
  public int[] kvHeads(int layer) {
    boolean wholeGroups =
        layout.modules().contains(MaskModule.HEAD) && layout.policy() == GroupPolicy.KV_GROUP;
    return wholeGroups ? kept(MaskModule.HEAD, layer) : all(layout.config().kvHeads());
  }

  /** The query heads of a source layer that stay. */
  public int[] heads(int layer) {
    ModelSpec config = layout.config();
    int size = config.groupSize();
    if (!layout.modules().contains(MaskModule.HEAD)) {
      return all(config.heads());
    }
    return switch (layout.policy()) {
      case KV_GROUP ->
          Arrays.stream(kvHeads(layer))
              .flatMap(group -> IntStream.range(group * size, (group + 1) * size))
              .toArray();
      case QUERY_IN_GROUP ->
          IntStream.range(0, config.kvHeads())
              .flatMap(
                  group ->
                      Arrays.stream(kept(MaskModule.HEAD, layer * config.kvHeads() + group))
                          .map(head -> group * size + head))
              .toArray();
    };
  }

  /**
   * The shape of the model that these masks cut.
   *
   * @throws UserException where layers differ, naming them
   */
  public ModelShape shape() {
    List<LayerPair> layers = layers();
    if (layers.isEmpty()) {
      throw new UserException("masks: no layer stays");
    }
    LayerPair first = layers.getFirst();
    int heads = heads(first.attention()).length;
    int kvHeads = kvHeads(first.attention()).length;
    int intermediate = intermediate(first.mlp()).length;
    for (LayerPair layer : layers) {
      same("heads", first.attention(), heads, layer.attention(), heads(layer.attention()).length);
      if (layout.policy() == GroupPolicy.QUERY_IN_GROUP) {
        sameInGroups(layer.attention(), heads / kvHeads);
      }
      same(
          "intermediate units",
          first.mlp(),
          intermediate,
          layer.mlp(),
          intermediate(layer.mlp()).length);
    }
    return new ModelShape(hidden().length, layers.size(), heads, kvHeads, intermediate);
  }

  private void sameInGroups(int layer, int perGroup) {
    if (!layout.modules().contains(MaskModule.HEAD)) {
      return;
    }
    int groups = layout.config().kvHeads();
    for (int group = 0; group < groups; group++) {
      int kept = kept(MaskModule.HEAD, layer * groups + group).length;
      if (kept != perGroup) {
        throw new UserException(
            "masks: key/value head %d of layer %d keeps %d query heads, others %d; a cut needs the same everywhere"
                .formatted(group, layer, kept, perGroup));
      }
    }
  }

  private static void same(String what, int firstLayer, int first, int layer, int kept) {
    if (kept != first) {
      throw new UserException(
          "masks: layer %d keeps %d %s and layer %d keeps %d; a cut needs the same everywhere"
              .formatted(firstLayer, first, what, layer, kept));
    }
  }

  private static int[] all(int count) {
    return IntStream.range(0, count).toArray();
  }

  private static void check(MaskLayout layout, MaskModule module, float[][] rows) {
    int expectedRows = layout.rows(module);
    int units = layout.units(module);
    if (rows.length != expectedRows) {
      throw new UserException(
          "masks: '%s' has %d rows, expected %d".formatted(module, rows.length, expectedRows));
    }
    for (int row = 0; row < rows.length; row++) {
      if (rows[row].length != units) {
        throw new UserException(
            "masks: '%s' row %d has %d units, expected %d"
                .formatted(module, row, rows[row].length, units));
      }
      for (int unit = 0; unit < units; unit++) {
        float value = rows[row][unit];
        if (!(value >= 0 && value <= 1)) {
          throw new UserException(
              "masks: '%s' row %d unit %d is %s, expected a number in [0, 1]"
                  .formatted(module, row, unit, value));
        }
      }
    }
  }
}
