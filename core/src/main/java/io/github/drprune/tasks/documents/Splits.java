package io.github.drprune.tasks.documents;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/** The splits of a data set, each read when it is first asked for. */
public final class Splits {
  private final String place;
  private final SequencedMap<String, List<Path>> files;
  private final Optional<String> field;
  private final Map<String, Table> read = new HashMap<>();

  /**
   * @param place begins errors
   * @param field of JSON files that holds the documents
   */
  Splits(String place, SequencedMap<String, List<Path>> files, Optional<String> field) {
    this.place = place;
    this.files = files;
    this.field = field;
  }

  /**
   * The documents of the split {@code name}.
   *
   * @param key of the task file that names it
   */
  public Table get(String name, String key) throws IOException {
    List<Path> parts = files.get(name);
    if (parts == null) {
      throw new UserException(
          "%s: %s: the data have no split '%s', only %s"
              .formatted(place, key, name, String.join(", ", files.keySet())));
    }
    Table table = read.get(name);
    if (table == null) {
      table = read(parts);
      read.put(name, table);
    }
    if (table.rows().isEmpty()) {
      throw new UserException("%s: %s: the split '%s' is empty".formatted(place, key, name));
    }
    return table;
  }

  private Table read(List<Path> parts) throws IOException {
    List<Map<String, Object>> rows = new ArrayList<>();
    boolean json = false;
    for (Path part : parts) {
      boolean parquet = part.toString().endsWith(".parquet");
      json |= !parquet;
      rows.addAll(parquet ? ParquetDocuments.read(part) : JsonDocuments.read(part, field));
    }
    return json ? JsonDocuments.typed(rows) : Table.of(rows);
  }
}
