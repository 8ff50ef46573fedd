package io.github.drprune.io;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * The plain bytes of gzip members one after the other. As {@code gzip} does, it takes zeros after
 * the last one for padding; anything else there is an error, since it may be what is left of a
 * member.
 */
public final class GzipStream extends InputStream {
  private static final int BUFFER = 1 << 16;

  private final BufferedInputStream in;
  private GzipCompressorInputStream member;

  public GzipStream(InputStream in) throws IOException {
    this.in = new BufferedInputStream(in, BUFFER);
    this.member = member();
  }

  /** Each member ends by leaving the buffer at the byte behind it. */
  private GzipCompressorInputStream member() throws IOException {
    try {
      return GzipCompressorInputStream.builder()
          .setInputStream(in)
          .setDecompressConcatenated(false)
          .get();
    } catch (EOFException e) {
      throw cut(e);
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (member != null) {
      int read;
      try {
        read = member.read(bytes, offset, length);
      } catch (EOFException e) {
        throw cut(e);
      }
      if (read > 0) {
        return read;
      }
      member = isPaddingToTheEnd() ? null : member();
    }
    return -1;
  }

  private boolean isPaddingToTheEnd() throws IOException {
    int next;
    do {
      in.mark(1);
      next = in.read();
    } while (next == 0);
    in.reset();
    return next < 0;
  }

  private static EOFException cut(EOFException e) {
    var cut = new EOFException("it ends within a member");
    cut.initCause(e);
    return cut;
  }

  @Override
  public void close() throws IOException {
    if (member != null) {
      member.close();
    }
    in.close();
  }
}
