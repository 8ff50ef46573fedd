package io.github.drprune.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ThinnedTableTest {
  @Property(tries = 200)
  void keepsEveryColumnsExtremesInWholeRows(
      @ForAll @Size(min = 1, max = 300) List<@DoubleRange(min = 0, max = 1) Double> values) {
    var table = new ThinnedTable(20);
    for (int i = 0; i < values.size(); i++) {
      table.add(i, Map.of("a", values.get(i), "b", 1 - values.get(i)));
    }
    var rows = table.rows();
    assertThat(rows.x()).hasSizeLessThanOrEqualTo(21).isSorted().doesNotHaveDuplicates();
    assertThat(rows.x().getLast()).isEqualTo(values.size() - 1);
    var a = rows.columns().get("a");
    assertThat(Collections.min(a)).isEqualTo(Figures.rounded(Collections.min(values)));
    assertThat(Collections.max(a)).isEqualTo(Figures.rounded(Collections.max(values)));
    for (int i = 0; i < a.size(); i++) {
      double value = values.get(rows.x().get(i).intValue());
      assertThat(a.get(i)).isEqualTo(Figures.rounded(value));
      assertThat(rows.columns().get("b").get(i)).isEqualTo(Figures.rounded(1 - value));
    }
  }

  @Test
  void aColumnThatBeginsLaterHasGapsBefore() {
    var table = new ThinnedTable(10);
    table.add(0, Map.of("a", 0.5));
    table.add(1, Map.of("a", 0.25, "b", 0.75));
    assertThat(table.rows().columns().get("b")).containsExactly(null, 0.75);
  }

  @Test
  void discardingForgetsRowsBeyond() {
    var table = new ThinnedTable(10);
    for (int i = 0; i < 100; i++) {
      table.add(i, Map.of("a", (double) i));
    }
    table.discardBeyond(40);
    assertThat(table.rows().x()).isNotEmpty().allMatch(x -> x <= 40);
  }
}
