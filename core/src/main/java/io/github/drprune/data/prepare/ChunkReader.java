package io.github.drprune.data.prepare;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Cuts a stream into pieces that end at line ends, without a UTF-8 byte order mark. */
final class ChunkReader {
  /** A line longer than this is an error: it would have to be held in memory. */
  static final int LONGEST_LINE = 64 << 20;

  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final InputStream in;
  private final int target;
  private byte[] rest = {};
  private boolean started;
  private boolean ended;

  /**
   * @param target bytes of a piece; a longer line makes a longer piece
   */
  ChunkReader(InputStream in, int target) {
    this.in = in;
    this.target = target;
  }

  /** The next piece, not empty, or null at the end. */
  byte[] next() throws IOException {
    if (ended) {
      return null;
    }
    byte[] buffer = Arrays.copyOf(rest, Math.max(target, 2 * rest.length));
    int filled = rest.length;
    while (!ended) {
      int read = in.readNBytes(buffer, filled, buffer.length - filled);
      int lineEnd = lastLineEnd(buffer, filled, filled + read);
      filled += read;
      ended = filled < buffer.length;
      if (lineEnd > 0 && !ended) {
        return piece(buffer, lineEnd, filled);
      }
      if (!ended) {
        if (buffer.length >= LONGEST_LINE) {
          throw new IOException(
              "a line is longer than %,d bytes; is it of the format its name says?"
                  .formatted(LONGEST_LINE));
        }
        buffer = Arrays.copyOf(buffer, 2 * buffer.length);
      }
    }
    byte[] last = piece(buffer, filled, filled);
    return last.length == 0 ? null : last;
  }

  private byte[] piece(byte[] buffer, int end, int filled) {
    rest = Arrays.copyOfRange(buffer, end, filled);
    int start = 0;
    if (!started && Arrays.equals(buffer, 0, Math.min(3, end), BYTE_ORDER_MARK, 0, 3)) {
      start = BYTE_ORDER_MARK.length;
    }
    started = true;
    return Arrays.copyOfRange(buffer, start, end);
  }

  /** One past the last line feed in [from, to), or 0. */
  private static int lastLineEnd(byte[] buffer, int from, int to) {
    for (int i = to - 1; i >= from; i--) {
      if (buffer[i] == '\n') {
        return i + 1;
      }
    }
    return 0;
  }
}
