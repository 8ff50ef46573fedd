package io.github.drprune.data.parquet;

import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * What a Parquet file says of itself at its end.
 *
 * @param rows of all groups
 * @param columns the leaves of its schema
 * @param groups the parts it is divided into
 * @param end where the data end
 * @see <a href="https://parquet.apache.org/docs/file-format/metadata/">Parquet's metadata</a>
 */
record ParquetFooter(long rows, List<Column> columns, List<Group> groups, long end) {
  private static final int MAGIC = 0x31524150;
  private static final int ENCRYPTED = 0x45524150;
  private static final int TAIL = 2 * Integer.BYTES;
  private static final int LONGEST = 64 << 20;
  private static final int MISSING = -1;
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
   * @param definition how many of them may be absent
   * @param repeated whether a row may have several values
   */
  record Column(String path, String type, int definition, boolean repeated) {}

  /** Some rows: the chunk of each column, in the order of the columns. */
  record Group(long rows, List<ThriftStruct> chunks) {}

  /** Reads it. */
  static ParquetFooter read(FileChannel file) throws IOException {
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
      return new ParquetFooter(
          groups.stream().mapToLong(Group::rows).sum(), columns(footer.structs(2)), groups, end);
    } catch (BufferUnderflowException e) {
      throw new IOException("its description of itself is damaged", e);
    }
  }

  /** A node of the schema that has children to come. */
  private static final class Open {
    final String path;
    final int definition;
    final boolean repeated;
    long children;

    Open(String path, int definition, boolean repeated, long children) {
      this.path = path;
      this.definition = definition;
      this.repeated = repeated;
      this.children = children;
    }
  }

  /** The schema is a tree, its nodes in depth-first order. */
  private static List<Column> columns(List<ThriftStruct> nodes) throws IOException {
    var columns = new ArrayList<Column>();
    var open = new ArrayDeque<Open>();
    for (var node : nodes) {
      if (columns.isEmpty() && open.isEmpty()) {
        open.push(new Open("", 0, false, node.number(5, 0)));
        continue;
      }
      while (!open.isEmpty() && open.peek().children == 0) {
        open.pop();
      }
      if (open.isEmpty()) {
        throw new IOException("its schema is damaged");
      }
      var parent = open.peek();
      parent.children--;
      long repetition = node.number(3, 0);
      String path = parent.path.isEmpty() ? node.text(4) : parent.path + "." + node.text(4);
      int definition = parent.definition + (repetition == 0 ? 0 : 1);
      boolean repeated = parent.repeated || repetition == 2;
      if (node.number(5, 0) > 0) {
        open.push(new Open(path, definition, repeated, node.number(5)));
      } else {
        columns.add(new Column(path, typeName(node.number(1, MISSING)), definition, repeated));
      }
    }
    return columns;
  }

  private static String typeName(long type) {
    return type >= 0 && type < TYPES.size() ? TYPES.get((int) type) : "of an unknown type";
  }

  /** Bytes of the file, in the order that Parquet has them. */
  static ByteBuffer little(FileChannel file, long position, int length) throws IOException {
    var bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (file.read(bytes, position + bytes.position()) < 0) {
        throw new EOFException("it ends early");
      }
    }
    return bytes.flip();
  }
}
