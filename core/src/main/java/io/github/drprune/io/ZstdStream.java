package io.github.drprune.io;

import com.github.luben.zstd.ZstdDirectBufferDecompressingStreamNoFinalizer;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * The plain bytes of Zstandard frames one after the other. The library's own stream takes an end
 * within any frame but the first for the end of the data.
 *
 * <p>Windows of up to 2 GiB, as {@code zstd --long=31} writes them, are read; their memory is used
 * as far as there is data to fill it.
 */
public final class ZstdStream extends InputStream {
  private static final int BUFFER = 1 << 16;
  private static final int LONGEST_WINDOW_BITS = 31;

  private final InputStream in;
  private final ByteBuffer target = ByteBuffer.allocateDirect(BUFFER).limit(0);
  private final byte[] chunk = new byte[BUFFER];
  private final Frames frames;
  private boolean ended;

  /** The library asks for more compressed bytes by calling {@link #refill}. */
  private final class Frames extends ZstdDirectBufferDecompressingStreamNoFinalizer {
    Frames() throws IOException {
      super(ByteBuffer.allocateDirect(BUFFER).limit(0));
      setLongMax(LONGEST_WINDOW_BITS);
    }

    @Override
    protected ByteBuffer refill(ByteBuffer source) {
      try {
        int read = in.read(chunk);
        ended = read < 0;
        return source.clear().put(chunk, 0, Math.max(0, read)).flip();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  public ZstdStream(InputStream in) throws IOException {
    this.in = in;
    this.frames = new Frames();
  }

  @Override
  public int read() throws IOException {
    return fill() ? target.get() & 0xFF : -1;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int taken = Math.min(length, target.remaining());
    target.get(bytes, offset, taken);
    return taken;
  }

  /** Whether there is a byte more. */
  private boolean fill() throws IOException {
    try {
      while (!target.hasRemaining()) {
        if (!frames.hasRemaining()) {
          return false;
        }
        int produced = frames.read(target.clear());
        target.flip();
        if (produced == 0 && ended && frames.hasRemaining()) {
          throw new EOFException("it ends within a frame");
        }
      }
      return true;
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public void close() throws IOException {
    frames.close();
    in.close();
  }
}
