package io.github.drprune.data.prepare;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.NpyHeader;
import io.github.drprune.data.TokenType;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.Sha256;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Writes rows of tokens to a series of {@code .npy} files of limited size. The files carry the
 * suffix of unfinished files until {@link #publish}, and a writer can go on from any state that
 * {@link #flush} reported.
 */
final class ShardWriter implements Closeable {
  private static final int BUFFER = 1 << 17;

  /**
   * How far a writer got.
   *
   * @param finished shards that are complete
   * @param rows in the shard that is not
   */
  record State(List<Manifest.Shard> finished, long rows) {
    static final State START = new State(List.of(), 0);
  }

  /**
   * Where and how shards are written.
   *
   * @param folder the data folder
   * @param prefix of the files, relative to it, for example {@code wiki/train}
   * @param kind what stands between the number and the suffix of a name, such as {@code .mask}
   * @param rowsPerShard the most rows of a shard
   * @param first number of the first shard
   */
  record Target(
      Path folder,
      String prefix,
      String kind,
      TokenType type,
      int seqLen,
      long rowsPerShard,
      int first) {
    static Target of(Path folder, DomainSplit of, PrepareConfig config, TokenType type) {
      return new Target(
          folder,
          of.domain() + "/" + of.split(),
          "",
          type,
          config.seqLen(),
          config.rowsPerShard(type),
          0);
    }

    /** The same shards from number {@code number} on. */
    Target from(int number) {
      return new Target(folder, prefix, kind, type, seqLen, rowsPerShard, number);
    }

    String file(int shard) {
      return String.format(Locale.ROOT, "%s-%05d%s.npy", prefix, shard, kind);
    }

    /** Flags of the same rows. */
    Target flags(String ofKind) {
      return new Target(folder, prefix, ofKind, TokenType.UINT8, seqLen, rowsPerShard, first);
    }

    Path partial(int shard) {
      return folder.resolve(file(shard) + AtomicFiles.PARTIAL);
    }
  }

  private final Target target;
  private final List<Manifest.Shard> finished;
  private final ByteBuffer buffer;
  private FileChannel channel;
  private long rows;

  ShardWriter(Target target, State state) throws IOException {
    this.target = target;
    this.finished = new ArrayList<>(state.finished());
    this.rows = state.rows();
    long rowBytes = header(1).rowBytes();
    int rowsInBuffer = (int) Math.max(1, BUFFER / rowBytes);
    this.buffer =
        ByteBuffer.allocateDirect(Math.toIntExact(rowsInBuffer * rowBytes))
            .order(ByteOrder.LITTLE_ENDIAN);
    if (rows > 0) {
      channel = FileChannel.open(partial(), StandardOpenOption.WRITE);
      if (channel.size() < header(rows).fileBytes()) {
        throw new UserException(
            partial() + ": shorter than recorded; delete the data folder and prepare it again");
      }
      channel.truncate(header(rows).fileBytes());
      channel.position(channel.size());
    }
  }

  /** Appends a row. */
  void write(int[] row) throws IOException {
    if (channel == null) {
      open();
    }
    target.type().put(buffer, row, 0, row.length);
    rows++;
    if (!buffer.hasRemaining()) {
      drain();
    }
    if (rows == target.rowsPerShard()) {
      finishShard();
    }
  }

  /** Rows in all shards. */
  long rows() {
    return rows + finished.stream().mapToLong(Manifest.Shard::sequences).sum();
  }

  /** Brings everything to the disk and says how to go on from here. */
  State flush() throws IOException {
    if (channel != null) {
      drain();
      channel.force(true);
    }
    return new State(List.copyOf(finished), rows);
  }

  /** Completes the last shard and returns all. */
  List<Manifest.Shard> finish() throws IOException {
    if (rows > 0) {
      finishShard();
    }
    return List.copyOf(finished);
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }

  /** Gives a complete shard its final name; does nothing where it has it. */
  static void publish(Path folder, Manifest.Shard shard) throws IOException {
    Path partial = folder.resolve(shard.file() + AtomicFiles.PARTIAL);
    if (Files.exists(partial)) {
      Files.move(partial, folder.resolve(shard.file()), StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private void open() throws IOException {
    Path parent = partial().getParent();
    if (!Files.exists(parent)) {
      Files.createDirectory(parent); // not what is above it, which someone else may have deleted
    }
    channel =
        FileChannel.open(
            partial(),
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    writeFully(header(0).toBytes(), 0);
    channel.position(NpyHeader.BYTES);
  }

  private void finishShard() throws IOException {
    drain();
    writeFully(header(rows).toBytes(), 0);
    channel.force(true);
    channel.close();
    channel = null;
    finished.add(
        new Manifest.Shard(
            target.file(target.first() + finished.size()),
            rows,
            header(rows).fileBytes(),
            Sha256.of(partial())));
    rows = 0;
  }

  private void drain() throws IOException {
    buffer.flip();
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    buffer.clear();
  }

  private void writeFully(ByteBuffer bytes, long position) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes, position + bytes.position());
    }
  }

  private Path partial() {
    return target.partial(target.first() + finished.size());
  }

  private NpyHeader header(long shape) {
    return new NpyHeader(target.type(), shape, target.seqLen());
  }
}
