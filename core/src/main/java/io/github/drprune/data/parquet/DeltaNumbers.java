package io.github.drprune.data.parquet;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Numbers as bit-packed differences from one to the next, in blocks.
 *
 * @see <a
 *     href="https://parquet.apache.org/docs/file-format/data-pages/encodings/#DELTAENC">Parquet's
 *     delta encoding</a>
 */
final class DeltaNumbers {
  private static final int LARGEST_BLOCK = 1 << 16;

  private DeltaNumbers() {}

  /**
   * Reads lengths: numbers from 0 on.
   *
   * @param atMost how many there can be
   */
  static int[] lengths(ByteBuffer in, int atMost) throws IOException {
    long block = ThriftStruct.varint(in);
    long parts = ThriftStruct.varint(in);
    long count = ThriftStruct.varint(in);
    if (block < 1 || block > LARGEST_BLOCK || parts < 1 || parts > block || block % parts != 0) {
      throw damaged();
    }
    if (count < 0 || count > atMost) {
      throw damaged();
    }
    int[] numbers = new int[(int) Math.min(count, LARGEST_BLOCK)];
    long last = ThriftStruct.zigzag(in);
    int filled = 0;
    if (count > 0) {
      numbers[filled++] = checked(last);
    }
    while (filled < count) {
      long least = ThriftStruct.zigzag(in);
      byte[] widths = new byte[(int) parts];
      in.get(widths);
      for (int part = 0; part < parts && filled < count; part++) {
        byte[] differences = packed(in, widths[part], (int) (block / parts));
        for (int i = 0; i < block / parts && filled < count; i++) {
          last += least + bits(differences, (long) i * widths[part], widths[part]);
          if (filled == numbers.length) {
            numbers = Arrays.copyOf(numbers, (int) Math.min(count, 2L * filled));
          }
          numbers[filled++] = checked(last);
        }
      }
    }
    return numbers;
  }

  private static byte[] packed(ByteBuffer in, int width, int numbers) throws IOException {
    if (width < 0 || width > Long.SIZE) {
      throw damaged();
    }
    byte[] packed = new byte[Math.ceilDiv(width * numbers, Byte.SIZE)];
    in.get(packed);
    return packed;
  }

  /** The {@code width} bits from bit {@code from} on, the low ones first. */
  private static long bits(byte[] packed, long from, int width) {
    long value = 0;
    for (int i = 0; i < width; i++) {
      long bit = from + i;
      value |= (long) (packed[(int) (bit / Byte.SIZE)] >>> bit % Byte.SIZE & 1) << i;
    }
    return value;
  }

  private static int checked(long length) throws IOException {
    if (length < 0 || length > Integer.MAX_VALUE) {
      throw damaged();
    }
    return (int) length;
  }

  private static IOException damaged() {
    return new IOException("a page has damaged lengths");
  }
}
