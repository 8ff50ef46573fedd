package io.github.drprune.data;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The header of a NumPy file, format 1.0, that holds an array {@code [rows, columns]} of tokens in
 * C order; always {@link #BYTES} long as this program writes it.
 *
 * @see <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">The NPY
 *     format</a>
 */
public record NpyHeader(TokenType type, long rows, int columns) {
  /** Length of a header, a multiple of NumPy's alignment of 64. */
  public static final int BYTES = 128;

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  private static final Pattern FIELDS =
      Pattern.compile(
          "\\{'descr': '([^']*)', 'fortran_order': False, 'shape': \\((\\d+), (\\d+)\\), \\}\\s*");

  public NpyHeader {
    if (rows < 0 || columns < 1) {
      throw new IllegalArgumentException("shape [%d, %d]".formatted(rows, columns));
    }
  }

  /** Bytes of the whole file. */
  public long fileBytes() {
    return BYTES + rows * rowBytes();
  }

  /** Bytes of one row. */
  public long rowBytes() {
    return (long) columns * type.bytes();
  }

  /** The header's bytes, ready to be written. */
  public ByteBuffer toBytes() {
    String fields =
        String.format(
            Locale.ROOT,
            "{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }",
            type.descriptor(),
            rows,
            columns);
    var bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    Arrays.fill(bytes.array(), (byte) ' ');
    bytes.put(MAGIC).putShort((short) (BYTES - MAGIC.length - Short.BYTES));
    bytes.put(fields.getBytes(StandardCharsets.US_ASCII));
    bytes.put(BYTES - 1, (byte) '\n');
    return bytes.rewind();
  }

  /** Reads a file's header; anything but a token array as this program writes it is refused. */
  static NpyHeader read(FileChannel channel, Path file) throws IOException {
    var bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, bytes.position()) < 0) {
        throw broken(file, "it ends within its header");
      }
    }
    if (!Arrays.equals(bytes.array(), 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw broken(file, "it is not a NumPy file");
    }
    int start = MAGIC.length + Short.BYTES;
    var fields =
        FIELDS.matcher(new String(bytes.array(), start, BYTES - start, StandardCharsets.US_ASCII));
    if (!fields.matches()) {
      throw broken(file, "its header is not that of a token array");
    }
    for (var type : TokenType.values()) {
      if (type.descriptor().equals(fields.group(1))) {
        return new NpyHeader(
            type, Long.parseLong(fields.group(2)), Integer.parseInt(fields.group(3)));
      }
    }
    throw broken(file, "its elements are " + fields.group(1));
  }

  private static UserException broken(Path file, String why) {
    return new UserException(
        "%s: not a shard of this program: %s; prepare the data again".formatted(file, why));
  }
}
