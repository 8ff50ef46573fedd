package io.github.drprune.data.parquet;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Small numbers as runs of one value and groups of eight bit-packed ones.
 *
 * @see <a href="https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE">Parquet's
 *     RLE</a>
 */
final class RunLengths {
  private final ByteBuffer in;
  private final int width;
  private long left;
  private boolean packed;
  private int value;
  private long bits;
  private int bitCount;

  /**
   * @param width bits of a number
   */
  RunLengths(ByteBuffer in, int width) throws IOException {
    if (width < 0 || width > Integer.SIZE) {
      throw new IOException("a page has numbers of %d bits".formatted(width));
    }
    this.in = in;
    this.width = width;
  }

  int next() throws IOException {
    while (left == 0) {
      run();
    }
    left--;
    if (packed) {
      while (bitCount < width) {
        bits |= (in.get() & 0xFFL) << bitCount;
        bitCount += Byte.SIZE;
      }
      value = (int) (bits & (1L << width) - 1);
      bits >>>= width;
      bitCount -= width;
    }
    return value;
  }

  private void run() throws IOException {
    long head = ThriftStruct.varint(in);
    packed = (head & 1) == 1;
    left = (head >>> 1) * (packed ? Byte.SIZE : 1);
    bits = 0;
    bitCount = 0;
    if (!packed) {
      value = 0;
      for (int shift = 0; shift < width; shift += Byte.SIZE) {
        value |= (in.get() & 0xFF) << shift;
      }
    }
  }
}
