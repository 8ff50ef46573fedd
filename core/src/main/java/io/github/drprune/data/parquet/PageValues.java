package io.github.drprune.data.parquet;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** The values of a page, one after the other, those that are absent left out. */
interface PageValues {
  /** The next value: bytes that may be shared. */
  ByteBuffer next() throws IOException;

  /**
   * By the number of their encoding.
   *
   * @param count values of the page, absent ones included
   * @param dictionary of the chunk, null where it has none
   * @param width bytes of a value, {@link #TEXT} or {@link #BIT}
   */
  static PageValues of(long encoding, ByteBuffer in, int count, ByteBuffer[] dictionary, int width)
      throws IOException {
    in.order(ByteOrder.LITTLE_ENDIAN);
    return switch ((int) encoding) {
      case 0 -> plain(in, width);
      case 3 -> runs(in);
      case 2, 8 -> coded(in, dictionary);
      case 6 -> deltaLengths(in, count);
      case 7 -> deltaStrings(in, count);
      default -> throw new IOException("a page has encoding %d, unknown here".formatted(encoding));
    };
  }

  /** Bytes that have their number before them. */
  int TEXT = -1;

  /** A truth value. */
  int BIT = 0;

  /** Bytes of a column's values. */
  static int width(ParquetFooter.Column column) throws IOException {
    return switch (column.type()) {
      case "BOOLEAN" -> BIT;
      case "INT32", "FLOAT" -> Integer.BYTES;
      case "INT64", "DOUBLE" -> Long.BYTES;
      case "INT96" -> 3 * Integer.BYTES;
      case "BYTE_ARRAY" -> TEXT;
      case "FIXED_LEN_BYTE_ARRAY" -> Math.max(1, column.width());
      default -> throw new IOException("a column is of an unknown type");
    };
  }

  private static PageValues plain(ByteBuffer in, int width) {
    if (width == TEXT) {
      return () -> take(in, in.getInt());
    }
    return width == BIT ? bits(in) : () -> take(in, width);
  }

  /** Eight truth values a byte, the lowest bit first. */
  private static PageValues bits(ByteBuffer in) {
    return new PageValues() {
      private int at;

      @Override
      public ByteBuffer next() {
        int bit = in.get(at / Byte.SIZE) >> at % Byte.SIZE & 1;
        at++;
        return truth(bit);
      }
    };
  }

  /** Truth values as runs, after their length in bytes. */
  private static PageValues runs(ByteBuffer in) throws IOException {
    var runs = new RunLengths(take(in, in.getInt()), 1);
    return () -> truth(runs.next());
  }

  private static ByteBuffer truth(int bit) {
    return ByteBuffer.wrap(new byte[] {(byte) bit});
  }

  private static PageValues coded(ByteBuffer in, ByteBuffer[] dictionary) throws IOException {
    if (dictionary == null) {
      throw new IOException("the dictionary of a page is missing");
    }
    // A page whose values are all absent may end here.
    var codes = new RunLengths(in, in.hasRemaining() ? in.get() : 0);
    return () -> {
      int code = codes.next();
      if (code < 0 || code >= dictionary.length) {
        throw new IOException("a page names entry %d of its dictionary".formatted(code));
      }
      return dictionary[code].duplicate();
    };
  }

  private static PageValues deltaLengths(ByteBuffer in, int count) throws IOException {
    int[] lengths = DeltaNumbers.lengths(in, count);
    return new PageValues() {
      private int at;

      @Override
      public ByteBuffer next() throws IOException {
        return take(in, lengths[at++]);
      }
    };
  }

  /** Each value begins with so many bytes of the one before. */
  private static PageValues deltaStrings(ByteBuffer in, int count) throws IOException {
    int[] shared = DeltaNumbers.lengths(in, count);
    var rest = deltaLengths(in, count);
    return new PageValues() {
      private int at;
      private byte[] last = {};

      @Override
      public ByteBuffer next() throws IOException {
        int kept = shared[at++];
        if (kept > last.length) {
          throw new IOException("a value shares more than there is");
        }
        var added = rest.next();
        byte[] value = Arrays.copyOf(last, Math.addExact(kept, added.remaining()));
        added.get(value, kept, value.length - kept);
        last = value;
        return ByteBuffer.wrap(value);
      }
    };
  }

  /** The next {@code length} bytes. */
  static ByteBuffer take(ByteBuffer in, int length) throws IOException {
    if (length < 0 || length > in.remaining()) {
      throw new IOException("a value is longer than its page");
    }
    var value = in.slice(in.position(), length);
    in.position(in.position() + length);
    return value;
  }
}
