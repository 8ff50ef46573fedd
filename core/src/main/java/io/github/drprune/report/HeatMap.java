package io.github.drprune.report;

import io.github.drprune.model.ModelSummary;
import io.github.drprune.run.RunEvent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What the masks of one module keep, as a map of rows (layers) by units.
 *
 * @param cut whether the cells are what the cut kept; otherwise probabilities of keeping
 * @param unitsPerCell how many neighbouring units a cell stands for; 0 when a row is one cell
 * @param rows the number of each row's layer in the source model; empty when there is one row
 * @param cells share kept, [rows][cells], in [0, 1]
 */
public record HeatMap(
    String module, boolean cut, int unitsPerCell, List<Integer> rows, List<List<Double>> cells) {
  private static final int CELLS = 64;

  /** The maps of all modules; {@code masks}, {@code cut} and {@code source} may be null. */
  static List<HeatMap> of(RunEvent.Masks masks, RunEvent.Cut cut, ModelSummary source) {
    var maps = new LinkedHashMap<String, HeatMap>();
    if (masks != null) {
      masks
          .modules()
          .forEach((module, state) -> maps.put(module, probabilities(module, state, source)));
    }
    if (cut != null && cut.kept() != null) {
      cut.kept().forEach((module, kept) -> maps.put(module, kept(module, kept, cut, source)));
    }
    return List.copyOf(maps.values());
  }

  private static HeatMap probabilities(String module, RunEvent.Module state, ModelSummary source) {
    if (state.keep() != null && !state.keep().isEmpty()) {
      var keep = perLayer(state.keep(), source);
      int units = keep.stream().mapToInt(List::size).max().orElse(0);
      int perCell = unitsPerCell(units);
      var cells = keep.stream().map(row -> means(row, perCell)).toList();
      return new HeatMap(module, false, perCell, numbers(cells.size()), cells);
    }
    var rows = state.rows() == null ? List.<Double>of() : state.rows();
    var cells = rows.stream().map(sparsity -> List.of(Figures.rounded(1 - sparsity))).toList();
    return new HeatMap(module, false, 0, numbers(cells.size()), cells);
  }

  private static HeatMap kept(
      String module, List<List<Integer>> kept, RunEvent.Cut cut, ModelSummary source) {
    int largest = kept.stream().flatMap(List::stream).max(Integer::compare).orElse(0);
    int units = Math.max(units(module, kept.size(), source), largest + 1);
    var rows = perLayer(kept.stream().map(row -> flags(row, units)).toList(), source);
    var layers = layers(rows.size(), cut.kept());
    var staying = stayingLayers(module, cut.kept());
    int perCell = unitsPerCell(rows.isEmpty() ? units : rows.getFirst().size());
    var cells = new ArrayList<List<Double>>();
    for (int row = 0; row < rows.size(); row++) {
      boolean stays = layers.isEmpty() || staying.isEmpty() || staying.contains(layers.get(row));
      var flags = rows.get(row);
      cells.add(means(stays ? flags : Collections.nCopies(flags.size(), 0.0), perCell));
    }
    return new HeatMap(module, true, perCell, layers, cells);
  }

  private static List<Double> flags(List<Integer> kept, int units) {
    var flags = new ArrayList<>(Collections.nCopies(units, 0.0));
    kept.forEach(unit -> flags.set(unit, 1.0));
    return flags;
  }

  /** Masks of the query heads in a group have a row for each group: a layer's are put together. */
  private static List<List<Double>> perLayer(List<List<Double>> rows, ModelSummary source) {
    int layers = source == null ? 0 : source.layers();
    if (layers == 0 || rows.size() <= layers || rows.size() % layers != 0) {
      return rows;
    }
    int groups = rows.size() / layers;
    return IntStream.range(0, layers)
        .mapToObj(layer -> rows.subList(layer * groups, (layer + 1) * groups))
        .map(group -> group.stream().flatMap(List::stream).toList())
        .toList();
  }

  /** The layers whose units of {@code module} stay; empty where no mask removes layers. */
  private static List<Integer> stayingLayers(String module, Map<String, List<List<Integer>>> kept) {
    String half = module.equals("head") ? "head_layer" : "mlp";
    var gate = kept.getOrDefault("layer", kept.getOrDefault(half, List.of()));
    return gate.size() == 1 ? gate.getFirst() : List.of();
  }

  /** Rows may be given for the layers that stay only: those have the numbers the cut kept. */
  private static List<Integer> layers(int rows, Map<String, List<List<Integer>>> kept) {
    var layers = kept.getOrDefault("layer", List.of());
    boolean stayed = layers.size() == 1 && layers.getFirst().size() == rows;
    return rows > 1 && stayed ? layers.getFirst() : numbers(rows);
  }

  private static List<Integer> numbers(int rows) {
    return rows <= 1 ? List.of() : IntStream.range(0, rows).boxed().toList();
  }

  /** 0 where the source's shape does not tell. */
  private static int units(String module, int rows, ModelSummary source) {
    if (source == null) {
      return 0;
    }
    return switch (module) {
      case "hidden" -> source.hiddenSize();
      case "intermediate" -> source.intermediateSize();
      case "layer", "head_layer", "mlp" -> source.layers();
      case "head" -> rows > source.layers() ? source.heads() / source.kvHeads() : source.kvHeads();
      default -> 0;
    };
  }

  private static int unitsPerCell(int units) {
    return Math.max(1, Math.ceilDiv(units, CELLS));
  }

  private static List<Double> means(List<Double> values, int perCell) {
    var means = new ArrayList<Double>();
    for (int i = 0; i < values.size(); i += perCell) {
      var cell = values.subList(i, Math.min(values.size(), i + perCell));
      double mean = cell.stream().mapToDouble(Double::doubleValue).average().orElse(0);
      means.add(Figures.rounded(mean));
    }
    return means;
  }
}
