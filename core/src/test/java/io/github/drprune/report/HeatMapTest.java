package io.github.drprune.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.model.ModelSummary;
import io.github.drprune.run.RunEvent;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HeatMapTest {
  private static final ModelSummary SOURCE =
      new ModelSummary("llama", 8, 3, 4, 2, 256, 1_000, 500L);

  private static HeatMap cut(String module, Map<String, List<List<Integer>>> kept) {
    return HeatMap.of(null, new RunEvent.Cut(9, SOURCE, kept), SOURCE).stream()
        .filter(map -> map.module().equals(module))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void removedLayersKeepNothing() {
    var rows = List.of(List.of(0, 1), List.of(0), List.of(1));
    var map = cut("head", Map.of("layer", List.of(List.of(0, 2)), "head", rows));
    assertThat(map.rows()).containsExactly(0, 1, 2);
    assertThat(map.cells())
        .containsExactly(List.of(1.0, 1.0), List.of(0.0, 0.0), List.of(0.0, 1.0));
  }

  @Test
  void rowsOfTheLayersThatStayHaveTheirNumbers() {
    var rows = List.of(List.of(0), List.of(1));
    var map = cut("head", Map.of("layer", List.of(List.of(0, 2)), "head", rows));
    assertThat(map.rows()).containsExactly(0, 2);
  }

  @Test
  void theGroupsOfALayerStandInOneRow() {
    // 3 layers of 2 groups of 2 query heads.
    var rows = IntStream.range(0, 6).mapToObj(row -> List.of(row % 2)).toList();
    var map = cut("head", Map.of("head", rows));
    assertThat(map.cells()).hasSize(3).containsOnly(List.of(1.0, 0.0, 0.0, 1.0));
  }

  @Test
  void manyUnitsShareCells() {
    // 256 units in 64 cells of 4; the first 6 are kept.
    var row = IntStream.range(0, 6).boxed().toList();
    var map = cut("intermediate", Map.of("intermediate", List.of(row, row, row)));
    assertThat(map.unitsPerCell()).isEqualTo(4);
    assertThat(map.cells().getFirst()).hasSize(64).startsWith(1.0, 0.5, 0.0);
  }

  @Test
  void beforeTheCutMapsShowProbabilities() {
    var head =
        new RunEvent.Module(
            0.5,
            0.5,
            List.of(0.5),
            List.of(List.of(0.9, 0.1), List.of(0.5, 0.5), List.of(1.0, 0.0)));
    var wide = new RunEvent.Module(0.25, null, List.of(0.25, 0.5, 0.0), null);
    var masks = new RunEvent.Masks(1, Map.of("head", head, "intermediate", wide));
    var maps = HeatMap.of(masks, null, SOURCE);
    assertThat(maps)
        .contains(
            new HeatMap("head", false, 1, List.of(0, 1, 2), head.keep()),
            new HeatMap(
                "intermediate",
                false,
                0,
                List.of(0, 1, 2),
                List.of(List.of(0.75), List.of(0.5), List.of(1.0))));
  }
}
