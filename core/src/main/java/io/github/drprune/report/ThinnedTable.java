package io.github.drprune.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * Curves that share their x, as a stacked chart needs: consecutive rows share a bucket, and a
 * bucket keeps the rows in which any column is lowest or highest. Buckets double when too many rows
 * are kept.
 */
final class ThinnedTable {
  /** What is left: {@code columns.get(name).get(i)} belongs to {@code x.get(i)}; null is a gap. */
  record Rows(List<Long> x, Map<String, List<Double>> columns) {}

  private record Row(long x, Map<String, Double> values) {}

  private final int capacity;
  private final List<List<Row>> buckets = new ArrayList<>();
  private long stride = 1;
  private long inLast;
  private int kept;
  private Row last;

  /** Keeps about {@code capacity} rows. */
  ThinnedTable(int capacity) {
    this.capacity = capacity;
  }

  void add(long x, Map<String, Double> values) {
    last = new Row(x, new LinkedHashMap<>(values));
    if (buckets.isEmpty() || inLast == stride) {
      buckets.add(List.of(last));
      kept++;
      inLast = 1;
    } else {
      var grown = new ArrayList<>(buckets.getLast());
      grown.add(last);
      var extremes = extremes(grown);
      kept += extremes.size() - buckets.getLast().size();
      buckets.set(buckets.size() - 1, extremes);
      inLast++;
    }
    while (kept > capacity && buckets.size() > 1) {
      merge();
    }
  }

  /** Forgets the rows beyond {@code x}. */
  void discardBeyond(long x) {
    buckets.replaceAll(bucket -> bucket.stream().filter(row -> row.x <= x).toList());
    buckets.removeIf(List::isEmpty);
    kept = buckets.stream().mapToInt(List::size).sum();
    inLast = stride;
    last = buckets.isEmpty() ? null : buckets.getLast().getLast();
  }

  Rows rows() {
    var rows = new ArrayList<Row>();
    buckets.forEach(rows::addAll);
    if (last != null && rows.getLast() != last) {
      rows.add(last);
    }
    var names = new LinkedHashSet<String>();
    rows.forEach(row -> names.addAll(row.values.keySet()));
    var columns = new LinkedHashMap<String, List<Double>>();
    for (String name : names) {
      var column = new ArrayList<Double>(rows.size());
      for (var row : rows) {
        Double value = row.values.get(name);
        column.add(value == null || !Double.isFinite(value) ? null : Figures.rounded(value));
      }
      columns.put(name, column);
    }
    return new Rows(rows.stream().map(Row::x).toList(), columns);
  }

  private void merge() {
    var merged = new ArrayList<List<Row>>();
    for (int i = 0; i < buckets.size(); i += 2) {
      var both = new ArrayList<>(buckets.get(i));
      if (i + 1 < buckets.size()) {
        both.addAll(buckets.get(i + 1));
      }
      merged.add(extremes(both));
    }
    inLast += buckets.size() % 2 == 0 ? stride : 0;
    buckets.clear();
    buckets.addAll(merged);
    kept = buckets.stream().mapToInt(List::size).sum();
    stride *= 2;
  }

  private static List<Row> extremes(List<Row> rows) {
    var low = new LinkedHashMap<String, Row>();
    var high = new LinkedHashMap<String, Row>();
    for (var row : rows) {
      row.values.forEach(
          (name, value) -> {
            low.merge(name, row, (a, b) -> b.values.get(name) < a.values.get(name) ? b : a);
            high.merge(name, row, (a, b) -> b.values.get(name) > a.values.get(name) ? b : a);
          });
    }
    return rows.stream().filter(row -> has(low, row) || has(high, row)).toList();
  }

  /** By identity: equal rows at one x are still two rows. */
  private static boolean has(Map<String, Row> chosen, Row row) {
    return chosen.values().stream().anyMatch(other -> other == row);
  }
}
