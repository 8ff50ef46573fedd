package io.github.drprune.data.prepare;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;

/**
 * The lines of a file that begin in a range of its bytes, the last one to its end. Ranges that lie
 * side by side give every line once.
 */
final class LineRange extends InputStream {
  private static final int BUFFER = 1 << 16;

  private final InputStream in;
  private final long to;
  private long position; // in the file, of the next byte
  private boolean ended;

  /**
   * @param file closed with this
   * @param from first byte of the range
   * @param to one past its last
   */
  LineRange(SeekableByteChannel file, long from, long to) throws IOException {
    this.to = to;
    this.position = Math.max(0, from - 1);
    file.position(position);
    this.in = new BufferedInputStream(Channels.newInputStream(file), BUFFER);
    if (from > 0) {
      skipLine();
    }
    ended |= position >= to;
  }

  /** Goes behind the line that began before the range. */
  private void skipLine() throws IOException {
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        ended = true;
        return;
      }
      position++;
    }
    position++;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int read = ended ? -1 : in.read(bytes, offset, length);
    // A line that ends here, or behind, is the last one that begins in the range.
    for (long i = Math.max(0, to - 1 - position); i < read; i++) {
      if (bytes[offset + (int) i] == '\n') {
        ended = true;
        read = (int) i + 1;
      }
    }
    position += Math.max(0, read);
    return read;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
