package io.github.drprune.data.parquet;

import io.github.drprune.data.parquet.ParquetFooter.Column;
import io.github.drprune.data.parquet.ParquetFooter.Field;
import io.github.drprune.data.parquet.ParquetFooter.Group;
import io.github.drprune.error.Printable;
import io.github.drprune.error.Unusable;
import io.github.drprune.error.UserException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The rows of a Parquet file with their columns, those within others included: String, Long,
 * Double, Boolean, List, Map or null. Damage is an {@link IOException}.
 *
 * @see <a href="https://research.google/pubs/dremel-interactive-analysis-of-web-scale-datasets-2/">
 *     Dremel, section 4: how levels tell where a value belongs</a>
 */
public final class ParquetRows implements Closeable {
  private static final long LIST = 3;
  private static final long MAP = 1;
  private static final long DECIMAL = 5;

  private final SeekableByteChannel file;
  private final Path path;
  private final ParquetFooter footer;
  private final List<Field> fields;
  private final Iterator<Group> groups;
  private final Map<Column, Leaf> leaves = new LinkedHashMap<>();
  private final boolean refuses;
  private final Map<String, Unusable> notRead = new HashMap<>();
  private long leftInGroup;

  /**
   * The rows of an open file. A value of another kind in them is a {@link UserException}.
   *
   * @param file closed with this
   * @param path how messages call it
   * @param wanted which columns to read, by their names joined by dots; of others there is nothing
   */
  public ParquetRows(SeekableByteChannel file, Path path, Predicate<String> wanted)
      throws IOException {
    this(file, path, wanted, true);
  }

  private ParquetRows(
      SeekableByteChannel file, Path path, Predicate<String> wanted, boolean refuses)
      throws IOException {
    this.file = file;
    this.path = path;
    this.refuses = refuses;
    try {
      this.footer = ParquetFooter.read(file);
      this.fields = wanted(footer.fields(), wanted);
      this.groups = footer.groups().iterator();
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Reads all rows of {@code path}; a value of another kind in them is {@link Unusable}. */
  public static List<Map<String, Object>> read(Path path) throws IOException {
    try (var reader = new ParquetRows(FileChannel.open(path), path, _ -> true, false)) {
      List<Map<String, Object>> rows = new ArrayList<>();
      for (var row = reader.next(); row != null; row = reader.next()) {
        rows.add(row);
      }
      return rows;
    }
  }

  private static List<Field> wanted(List<Field> fields, Predicate<String> wanted) {
    List<Field> kept = new ArrayList<>();
    for (Field field : fields) {
      if (field.column() != null) {
        if (wanted.test(field.column().path())) {
          kept.add(field);
        }
        continue;
      }
      List<Field> within = wanted(field.fields(), wanted);
      if (!within.isEmpty()) {
        kept.add(field.with(within));
      }
    }
    return kept;
  }

  /** How many rows there are. */
  public long count() {
    return footer.groups().stream().mapToLong(Group::rows).sum();
  }

  /** The names of the file's columns, without those within others. */
  public List<String> names() {
    return footer.fields().stream().map(Field::name).toList();
  }

  /** The next row; null at the end. */
  public Map<String, Object> next() throws IOException {
    try {
      while (leftInGroup == 0) {
        if (!groups.hasNext()) {
          return null;
        }
        begin(groups.next());
      }
      leftInGroup--;
      return struct(fields);
    } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
      throw new IOException("a page is damaged", e);
    }
  }

  private void begin(Group group) throws IOException {
    leftInGroup = group.rows();
    leaves.clear();
    for (Column column : ParquetFooter.leaves(fields)) {
      leaves.put(column, new Leaf(column, group));
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private Map<String, Object> struct(List<Field> fields) throws IOException {
    Map<String, Object> values = new LinkedHashMap<>();
    for (Field field : fields) {
      values.put(field.name(), value(field));
    }
    return values;
  }

  /** The next value of a field, null where it is absent. */
  private Object value(Field field) throws IOException {
    if (field.several()) {
      return repeated(field);
    }
    boolean present = !field.optional() || first(field).definition >= field.definition();
    if (!present) {
      skip(field);
      return null;
    }
    if (field.column() != null) {
      return single(field);
    }
    if (field.kind() == MAP) {
      pass(field);
      return notRead(field.name(), "a map");
    }
    boolean isList = field.kind() == LIST && field.fields().size() == 1;
    return isList ? list(field.fields().getFirst()) : struct(field.fields());
  }

  private Object single(Field field) throws IOException {
    Leaf leaf = first(field);
    if (field.kind() == DECIMAL && leaf.definition == field.definition()) {
      leaf.bytes();
      return notRead(field.column().path(), "a decimal number");
    }
    return leaf.take();
  }

  private Unusable notRead(String column, String type) {
    Unusable value =
        notRead.computeIfAbsent(
            column,
            _ ->
                new Unusable(
                    "%s: column %s is %s, which is not read; leave it out or convert it to text"
                        .formatted(path, Printable.quoted(column), type)));
    if (refuses) {
      throw new UserException(value.problem());
    }
    return value;
  }

  /** Leaves out a value that is there, with all that is in it. */
  private void pass(Field field) throws IOException {
    for (Column column : ParquetFooter.leaves(List.of(field))) {
      Leaf leaf = leaves.get(column);
      do {
        leaf.bytes();
        leaf.look();
      } while (leaf.repetition > field.repetition());
    }
  }

  /** A list is a field that is there once for each element, with the element in it. */
  private Object list(Field entry) throws IOException {
    if (!entry.several()) {
      throw new IOException("its schema is damaged");
    }
    return repeated(entry);
  }

  /** All elements; of a list with one that is not read nothing can be used. */
  private Object repeated(Field entry) throws IOException {
    List<Object> elements = new ArrayList<>();
    Unusable refused = null;
    if (first(entry).definition < entry.definition()) {
      skip(entry);
      return elements;
    }
    boolean wrapped = entry.column() == null && entry.fields().size() == 1;
    do {
      Object element = element(entry, wrapped);
      refused = element instanceof Unusable unusable ? unusable : refused;
      elements.add(element);
    } while (first(entry).repetition >= entry.repetition());
    return refused == null ? elements : refused;
  }

  private Object element(Field entry, boolean wrapped) throws IOException {
    if (entry.column() != null) {
      return single(entry);
    }
    return wrapped ? value(entry.fields().getFirst()) : struct(entry.fields());
  }

  private Leaf first(Field field) throws IOException {
    Field at = field;
    while (at.column() == null) {
      if (at.fields().isEmpty()) {
        throw new IOException("its schema is damaged");
      }
      at = at.fields().getFirst();
    }
    Leaf leaf = leaves.get(at.column());
    leaf.look();
    return leaf;
  }

  /** Something that is absent has one place in each of its columns. */
  private void skip(Field field) throws IOException {
    if (field.column() != null) {
      leaves.get(field.column()).take();
    } else {
      for (Field child : field.fields()) {
        skip(child);
      }
    }
  }

  /** A column, with the levels of its next value. */
  private final class Leaf {
    private final Column column;
    private final ChunkPages pages;
    private ChunkPages.Page page;
    private int inPage;
    private boolean looked;
    private int definition;
    private int repetition; // -1 at the end

    Leaf(Column column, Group group) throws IOException {
      this.column = column;
      this.pages = new ChunkPages(file, footer, column, group);
    }

    /** Reads the levels of the next value, unless that has been done. */
    void look() throws IOException {
      if (looked) {
        return;
      }
      while (page == null || inPage == page.count()) {
        page = pages.next();
        inPage = 0;
        if (page == null) {
          repetition = -1;
          definition = -1;
          looked = true;
          return;
        }
      }
      inPage++;
      repetition = page.repetitions() == null ? 0 : page.repetitions().next();
      definition = page.levels() == null ? column.definition() : page.levels().next();
      looked = true;
    }

    /** The next value, null where it is absent. */
    Object take() throws IOException {
      ByteBuffer bytes = bytes();
      return bytes == null ? null : value(bytes);
    }

    /** The bytes of the next value, null where it is absent. */
    ByteBuffer bytes() throws IOException {
      look();
      if (repetition < 0) {
        throw new IOException("a column has fewer values than rows");
      }
      looked = false;
      return definition == column.definition() ? page.values().next() : null;
    }

    private Object value(ByteBuffer bytes) throws IOException {
      var value = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
      return switch (column.type()) {
        case "BOOLEAN" -> value.get() != 0;
        case "INT32" -> (long) value.getInt();
        case "INT64" -> value.getLong();
        case "FLOAT" -> (double) value.getFloat();
        case "DOUBLE" -> value.getDouble();
        case "BYTE_ARRAY" -> StandardCharsets.UTF_8.decode(value).toString();
        default -> notRead(column.path(), "of type " + column.type());
      };
    }
  }
}
