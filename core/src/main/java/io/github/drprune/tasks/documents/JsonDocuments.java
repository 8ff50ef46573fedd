package io.github.drprune.tasks.documents;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.error.UserException;
import io.github.drprune.io.InputFiles;
import io.github.drprune.json.Json;
import io.github.drprune.json.JsonLine;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Documents in JSON: an object a line, or a list of objects. */
final class JsonDocuments {
  private static final String ADVICE = "check the path";
  private static final Pattern TIME =
      Pattern.compile("(\\d{4}-\\d\\d-\\d\\d)(?:[ T](\\d\\d)(?::?(\\d\\d)(?::?(\\d\\d))?)?Z?)?");

  private JsonDocuments() {}

  /**
   * Reads {@code file}.
   *
   * @param field of an object that holds the list of documents; empty where the file does
   */
  static List<Map<String, Object>> read(Path file, Optional<String> field) throws IOException {
    InputFiles.requireFile(file, ADVICE);
    InputFiles.refuseLfsPointer(file);
    try {
      return field.isPresent() || beginsWithList(file) ? whole(file, field) : lines(file);
    } catch (CharacterCodingException e) {
      throw InputFiles.notUtf8(file, e);
    }
  }

  private static boolean beginsWithList(Path file) throws IOException {
    try (var reader = Files.newBufferedReader(file)) {
      int c = reader.read();
      while (c >= 0 && Character.isWhitespace(c)) {
        c = reader.read();
      }
      return c == '[';
    }
  }

  private static List<Map<String, Object>> whole(Path file, Optional<String> field)
      throws IOException {
    JsonNode tree = Json.tree(Files.readString(file), file.toString());
    JsonNode list = field.isPresent() ? tree.path(field.get()) : tree;
    if (!list.isArray()) {
      throw new UserException(
          "%s: no list of documents%s"
              .formatted(file, field.map(name -> " under '" + name + "'").orElse("")));
    }
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      rows.add(row(list.get(i), "%s: document %d".formatted(file, i)));
    }
    return rows;
  }

  private static List<Map<String, Object>> lines(Path file) throws IOException {
    List<Map<String, Object>> rows = new ArrayList<>();
    JsonLine.each(file, ADVICE, line -> rows.add(row(line.tree(), line.place())));
    return rows;
  }

  private static Map<String, Object> row(JsonNode node, String place) {
    if (!node.isObject()) {
      throw new UserException(place + ": not an object with the fields of a document");
    }
    Map<String, Object> row = new LinkedHashMap<>();
    node.properties().forEach(field -> row.put(field.getKey(), value(field.getValue())));
    return row;
  }

  private static Object value(JsonNode node) {
    if (node.isArray()) {
      List<Object> list = new ArrayList<>();
      node.forEach(element -> list.add(value(element)));
      return list;
    }
    if (node.isObject()) {
      Map<String, Object> map = new LinkedHashMap<>();
      node.properties().forEach(field -> map.put(field.getKey(), value(field.getValue())));
      return map;
    }
    return switch (node.getNodeType()) {
      case NULL -> null;
      case BOOLEAN -> node.booleanValue();
      case NUMBER ->
          node.isIntegralNumber() && node.canConvertToLong()
              ? node.longValue()
              : (Object) node.doubleValue();
      default -> node.textValue();
    };
  }

  /**
   * The types that Hugging Face's datasets gives to columns: numbers are all real where one is, and
   * texts that are all times are shown as Python shows times.
   */
  static Table typed(List<Map<String, Object>> rows) {
    Table table = Table.of(rows);
    for (String column : table.columns()) {
      boolean real = all(table, column, Number.class) && !all(table, column, Long.class);
      boolean times = all(table, column, String.class) && areTimes(table, column);
      for (Map<String, Object> row : table.rows()) {
        if (real && row.get(column) instanceof Long whole) {
          row.put(column, whole.doubleValue());
        }
        if (times && row.get(column) instanceof String text) {
          row.put(column, time(text));
        }
      }
    }
    return table;
  }

  private static boolean all(Table table, String column, Class<?> type) {
    return table.rows().stream()
        .map(row -> row.get(column))
        .allMatch(value -> value == null || type.isInstance(value));
  }

  private static boolean areTimes(Table table, String column) {
    var texts =
        table.rows().stream().map(row -> (String) row.get(column)).filter(text -> text != null);
    var rows = texts.toList();
    return !rows.isEmpty() && rows.stream().allMatch(text -> TIME.matcher(text).matches());
  }

  private static String time(String text) {
    var parts = TIME.matcher(text);
    parts.matches();
    return "%s %s:%s:%s"
        .formatted(parts.group(1), two(parts.group(2)), two(parts.group(3)), two(parts.group(4)));
  }

  private static String two(String digits) {
    return digits == null ? "00" : digits;
  }
}
