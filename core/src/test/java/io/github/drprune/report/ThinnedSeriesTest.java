package io.github.drprune.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ThinnedSeriesTest {
  @Property(tries = 300)
  void keepsMinimumMaximumEndAndOrderInBoundedSpace(
      @ForAll @Size(min = 1, max = 400) List<@DoubleRange(min = -100, max = 100) Double> values,
      @ForAll @IntRange(min = 1, max = 8) int halfCapacity) {
    int capacity = 2 * halfCapacity;
    var series = new ThinnedSeries(capacity);
    for (int i = 0; i < values.size(); i++) {
      series.add(i, values.get(i));
    }
    var points = series.points();
    assertThat(points.x())
        .hasSizeLessThanOrEqualTo(2 * capacity + 1)
        .isSorted()
        .doesNotHaveDuplicates();
    assertThat(Collections.min(points.y())).isEqualTo(Figures.rounded(Collections.min(values)));
    assertThat(Collections.max(points.y())).isEqualTo(Figures.rounded(Collections.max(values)));
    assertThat(points.x().getLast()).isEqualTo(values.size() - 1);
    for (int i = 0; i < points.x().size(); i++) {
      double original = values.get(points.x().get(i).intValue());
      assertThat(points.y().get(i)).isEqualTo(Figures.rounded(original));
    }
  }

  @Property(tries = 200)
  void everyStretchKeepsItsOwnExtremes(
      @ForAll @Size(64) List<@DoubleRange(min = 0, max = 1) Double> values) {
    // 64 points in at most 16 buckets: a bucket holds exactly the 4 points from a multiple of 4 on.
    var series = new ThinnedSeries(16);
    for (int i = 0; i < values.size(); i++) {
      series.add(i, values.get(i));
    }
    for (int from = 0; from < 64; from += 4) {
      var stretch = values.subList(from, from + 4);
      assertThat(series.points().y())
          .contains(
              Figures.rounded(Collections.min(stretch)), Figures.rounded(Collections.max(stretch)));
    }
  }

  @Test
  void aShortCurveStaysAsItIs() {
    var series = new ThinnedSeries(100);
    IntStream.range(0, 100).forEach(i -> series.add(i, i % 7));
    assertThat(series.points().x()).hasSize(100);
  }

  @Test
  void whatIsNotFiniteIsLeftOut() {
    var series = new ThinnedSeries(4);
    series.add(1, Double.NaN);
    series.add(2, Double.POSITIVE_INFINITY);
    assertThat(series.isEmpty()).isTrue();
    series.add(3, 1);
    assertThat(series.points()).isEqualTo(new ThinnedSeries.Points(List.of(3L), List.of(1.0)));
  }

  @Test
  void discardingForgetsWhatIsBeyond() {
    var series = new ThinnedSeries(8);
    IntStream.rangeClosed(1, 100).forEach(i -> series.add(i, -i));
    series.discardBeyond(50);
    assertThat(series.points().x()).allMatch(x -> x <= 50).isNotEmpty();
    series.add(51, 7);
    assertThat(series.points().x().getLast()).isEqualTo(51);
    assertThat(series.points().y()).contains(7.0);
  }
}
