package io.github.drprune.data.prepare;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Cuts a stream into chunks that end at line ends, without a UTF-8 byte order mark. What it holds
 * is bounded: of a line that is longer it gives out the beginning alone.
 */
final class ChunkReader {
  private static final int BUFFER = 1 << 16;
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final InputStream in;
  private final int target;
  private final int longest;
  private byte[] rest = {};
  private boolean started;
  private boolean ended;
  private boolean withinLine;

  /**
   * @param target bytes of a chunk; a longer line makes a longer chunk
   * @param longest bytes of the longest line that a chunk holds whole, its end included
   */
  ChunkReader(InputStream in, int target, int longest) {
    this.in = in;
    this.target = target;
    this.longest = longest;
  }

  /** The next chunk, not empty, or null at the end. */
  byte[] next() throws IOException {
    withinLine = false;
    byte[] buffer = Arrays.copyOf(rest, Math.max(target, Math.min(2 * rest.length, longest)));
    int filled = rest.length;
    rest = new byte[0];
    while (!ended) {
      int read = in.readNBytes(buffer, filled, buffer.length - filled);
      int lineEnd = lastLineEnd(buffer, filled + read);
      filled += read;
      ended = filled < buffer.length;
      if (ended) {
        break;
      }
      if (lineEnd > 0) {
        rest = Arrays.copyOfRange(buffer, lineEnd, filled);
        return chunk(buffer, lineEnd);
      }
      if (buffer.length >= longest) {
        withinLine = true;
        return chunk(buffer, filled);
      }
      buffer = Arrays.copyOf(buffer, Math.min(2 * buffer.length, longest));
    }
    byte[] last = chunk(buffer, filled);
    return last.length == 0 ? null : last;
  }

  /** Whether the last chunk is the beginning of a line too long to be held. */
  boolean withinLine() {
    return withinLine;
  }

  /** Has the next chunk begin with {@code bytes} from {@code from} on, which end the last one. */
  void giveBack(byte[] bytes, int from) {
    rest = Arrays.copyOfRange(bytes, from, bytes.length);
  }

  /** The rest of the line that the last chunk begins, without its end; to be read to its end. */
  InputStream restOfLine() {
    return new RestOfLine();
  }

  private byte[] chunk(byte[] buffer, int end) {
    int start = 0;
    if (!started && Arrays.equals(buffer, 0, Math.min(3, end), BYTE_ORDER_MARK, 0, 3)) {
      start = BYTE_ORDER_MARK.length;
    }
    started = true;
    return Arrays.copyOfRange(buffer, start, end);
  }

  /** One past the last line feed before {@code to}, or 0. */
  private static int lastLineEnd(byte[] buffer, int to) {
    for (int i = to - 1; i >= 0; i--) {
      if (buffer[i] == '\n') {
        return i + 1;
      }
    }
    return 0;
  }

  /** Bytes up to the next line feed; what was read past it begins the next chunk. */
  private final class RestOfLine extends InputStream {
    private final byte[] buffer = new byte[BUFFER];
    private int at;
    private int end;
    private boolean last;

    @Override
    public int read() throws IOException {
      return fill() ? Byte.toUnsignedInt(buffer[at++]) : -1;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (!fill()) {
        return -1;
      }
      int taken = Math.min(length, end - at);
      System.arraycopy(buffer, at, bytes, offset, taken);
      at += taken;
      return taken;
    }

    /** Whether there is another byte of the line. */
    private boolean fill() throws IOException {
      while (at == end && !last) {
        int read = in.readNBytes(buffer, 0, buffer.length);
        ended = read < buffer.length;
        last = ended;
        at = 0;
        end = read;
        for (int i = 0; i < read; i++) {
          if (buffer[i] == '\n') {
            last = true;
            end = i;
            rest = Arrays.copyOfRange(buffer, i + 1, read);
            break;
          }
        }
      }
      return at < end;
    }
  }
}
