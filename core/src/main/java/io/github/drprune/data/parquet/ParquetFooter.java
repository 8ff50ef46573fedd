package io.github.drprune.data.parquet;

import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * What a Parquet file says of itself at its end.
 *
 * @param rows of all groups
 * @param columns the leaves of its schema
 * @param fields the columns of its rows, each with what is in it
 * @param groups the parts it is divided into
 * @param end where the data end
 * @see <a href="https://parquet.apache.org/docs/file-format/metadata/">Parquet's metadata</a>
 */
record ParquetFooter(
    long rows, List<Column> columns, List<Field> fields, List<Group> groups, long end) {
  private static final int MAGIC = 0x31524150;
  private static final int ENCRYPTED = 0x45524150;
  private static final int TAIL = 2 * Integer.BYTES;
  private static final int LONGEST = 64 << 20;
  private static final int MISSING = -1;
  private static final int DEEPEST = 32;
  private static final List<String> TYPES =
      List.of(
          "BOOLEAN",
          "INT32",
          "INT64",
          "INT96",
          "FLOAT",
          "DOUBLE",
          "BYTE_ARRAY",
          "FIXED_LEN_BYTE_ARRAY");

  /**
   * A leaf of the schema.
   *
   * @param path its names, joined by dots
   * @param width bytes of a value, for those of the same length that the file names
   * @param definition how many of them may be absent
   * @param repetition how many of them may be there several times
   */
  record Column(String path, String type, int width, int definition, int repetition) {
    /** Whether a row may have several values. */
    boolean repeated() {
      return repetition > 0;
    }
  }

  /**
   * A node of the schema.
   *
   * @param optional whether it may be absent
   * @param several whether it may be there several times
   * @param kind the number that the schema has for what it means, or -1
   * @param column the leaf, null where there are {@code fields} in it
   */
  record Field(
      String name,
      boolean optional,
      boolean several,
      long kind,
      int definition,
      int repetition,
      Column column,
      List<Field> fields) {
    /** The same with others in it. */
    Field with(List<Field> others) {
      return new Field(name, optional, several, kind, definition, repetition, column, others);
    }
  }

  /** Some rows: the chunk of each column, in the order of the columns. */
  record Group(long rows, List<ThriftStruct> chunks) {}

  /** Reads it. */
  static ParquetFooter read(SeekableByteChannel file) throws IOException {
    if (file.size() < 3 * Integer.BYTES || little(file, 0, Integer.BYTES).getInt() != MAGIC) {
      throw new IOException("it does not begin as Parquet does");
    }
    var tail = little(file, file.size() - TAIL, TAIL);
    int length = tail.getInt();
    int magic = tail.getInt();
    if (magic == ENCRYPTED) {
      throw new IOException("it is encrypted");
    }
    long end = file.size() - TAIL - length;
    if (magic != MAGIC || length <= 0 || length > LONGEST || end < Integer.BYTES) {
      throw new EOFException("its end is missing");
    }
    try {
      var footer = ThriftStruct.read(little(file, end, length));
      var groups = new ArrayList<Group>();
      for (var group : footer.structs(4)) {
        groups.add(new Group(group.number(3), group.structs(1)));
      }
      List<Field> fields = fields(footer.structs(2));
      return new ParquetFooter(
          groups.stream().mapToLong(Group::rows).sum(), leaves(fields), fields, groups, end);
    } catch (BufferUnderflowException e) {
      throw new IOException("its description of itself is damaged", e);
    }
  }

  /** The schema is a tree, its nodes in depth-first order; the first is the row. */
  private static List<Field> fields(List<ThriftStruct> nodes) throws IOException {
    if (nodes.isEmpty()) {
      throw new IOException("its schema is damaged");
    }
    var rest = nodes.iterator();
    long count = rest.next().number(5, 0);
    List<Field> fields = fields(rest, count, "", 0, 0, 0);
    if (rest.hasNext()) {
      throw new IOException("its schema is damaged");
    }
    return fields;
  }

  private static List<Field> fields(
      Iterator<ThriftStruct> nodes,
      long count,
      String above,
      int definition,
      int repetition,
      int depth)
      throws IOException {
    var fields = new ArrayList<Field>();
    for (long i = 0; i < count; i++) {
      if (!nodes.hasNext() || depth > DEEPEST) {
        throw new IOException("its schema is damaged");
      }
      fields.add(field(nodes.next(), nodes, above, definition, repetition, depth));
    }
    return fields;
  }

  private static Field field(
      ThriftStruct node,
      Iterator<ThriftStruct> nodes,
      String above,
      int definition,
      int repetition,
      int depth)
      throws IOException {
    long times = node.number(3, 0); // once, perhaps, or several times
    String name = node.text(4);
    String path = above.isEmpty() ? name : above + "." + name;
    int definitions = definition + (times == 0 ? 0 : 1);
    int repetitions = repetition + (times == 2 ? 1 : 0);
    long children = node.number(5, 0);
    Column column =
        children > 0
            ? null
            : new Column(
                path,
                typeName(node.number(1, MISSING)),
                (int) node.number(2, 0),
                definitions,
                repetitions);
    return new Field(
        name,
        times == 1,
        times == 2,
        node.number(6, MISSING),
        definitions,
        repetitions,
        column,
        fields(nodes, children, path, definitions, repetitions, depth + 1));
  }

  /** The columns that hold values, in their order. */
  static List<Column> leaves(List<Field> fields) {
    var leaves = new ArrayList<Column>();
    for (Field field : fields) {
      if (field.column() == null) {
        leaves.addAll(leaves(field.fields()));
      } else {
        leaves.add(field.column());
      }
    }
    return leaves;
  }

  private static String typeName(long type) {
    return type >= 0 && type < TYPES.size() ? TYPES.get((int) type) : "of an unknown type";
  }

  /** Bytes of the file, in the order that Parquet has them. */
  static ByteBuffer little(SeekableByteChannel file, long position, int length) throws IOException {
    var bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    file.position(position);
    while (bytes.hasRemaining()) {
      if (file.read(bytes) < 0) {
        throw new EOFException("it ends early");
      }
    }
    return bytes.flip();
  }
}
