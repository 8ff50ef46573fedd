package io.github.drprune.data.prepare;

import io.github.drprune.data.TokenType;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Writes the tokens of a part for one split of a domain, document after document. */
final class PartStream implements Closeable {
  private static final int BUFFER = 1 << 16;

  private final TokenType type;
  private final FileChannel channel;
  private final ByteBuffer buffer = buffer();
  private PartTokens.Stream counts = PartTokens.Stream.NONE;

  PartStream(Path file, TokenType type) throws IOException {
    this.type = type;
    this.channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  private static ByteBuffer buffer() {
    return ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Takes document {@code index} of a batch. */
  void add(TokenizedBatch batch, int index) throws IOException {
    int from = index == 0 ? 0 : batch.ends()[index - 1];
    int end = batch.ends()[index];
    counts = counts.plus(new PartTokens.Stream(1, batch.characters()[index], end - from));
    while (from < end) {
      int to = Math.min(end, from + buffer.remaining() / type.bytes());
      type.put(buffer, batch.tokens(), from, to);
      from = to;
      if (from < end) {
        drain();
      }
    }
  }

  /** Brings everything to the disk. */
  PartTokens.Stream finish() throws IOException {
    drain();
    channel.force(true);
    return counts;
  }

  private void drain() throws IOException {
    buffer.flip();
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    buffer.clear();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** Reads a segment of what was written. */
  static final class Reader implements Closeable {
    private final TokenType type;
    private final FileChannel channel;
    private final ByteBuffer buffer = buffer().limit(0);
    private long left; // tokens

    Reader(PartedJob job, ShardPlan.Segment segment) throws IOException {
      this.type = job.type();
      this.channel = FileChannel.open(job.tokens(segment.part(), segment.stream()));
      this.channel.position(segment.from() * type.bytes());
      this.left = segment.tokens();
    }

    /** Puts tokens into {@code row} from place {@code at} on; how many, 0 at the end. */
    int read(int[] row, int at) throws IOException {
      if (left == 0) {
        return 0;
      }
      if (!buffer.hasRemaining()) {
        fill();
      }
      int taken = Math.min(row.length - at, buffer.remaining() / type.bytes());
      type.get(buffer, row, at, at + taken);
      left -= taken;
      return taken;
    }

    private void fill() throws IOException {
      buffer.clear().limit((int) Math.min(BUFFER, left * type.bytes()));
      while (buffer.hasRemaining()) {
        if (channel.read(buffer) < 0) {
          throw new EOFException("the tokens of a part end early");
        }
      }
      buffer.flip();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
