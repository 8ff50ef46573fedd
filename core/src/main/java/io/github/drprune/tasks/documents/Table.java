package io.github.drprune.tasks.documents;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Documents with the same columns. Values are String, Long, Double, Boolean, List, Map, null or
 * {@link io.github.drprune.error.Unusable}.
 *
 * @param columns in the order of their first appearance
 * @param rows each with all columns
 */
public record Table(List<String> columns, List<Map<String, Object>> rows) {
  public Table {
    columns = List.copyOf(columns);
    rows = Collections.unmodifiableList(rows);
  }

  /** The table of {@code rows}; what a row lacks is null, as Hugging Face's datasets has it. */
  public static Table of(List<? extends Map<String, ?>> rows) {
    Set<String> columns = new java.util.LinkedHashSet<>();
    rows.forEach(row -> columns.addAll(row.keySet()));
    List<Map<String, Object>> whole = new ArrayList<>();
    for (Map<String, ?> row : rows) {
      Map<String, Object> all = new LinkedHashMap<>();
      columns.forEach(column -> all.put(column, row.get(column)));
      whole.add(all);
    }
    return new Table(List.copyOf(columns), whole);
  }

  /** The rows as {@code change} makes them; columns may come, none goes. */
  public Table map(UnaryOperator<Map<String, Object>> change) {
    return of(rows.stream().map(change).toList());
  }

  public boolean has(String column) {
    return columns.contains(column);
  }

  public int size() {
    return rows.size();
  }
}
