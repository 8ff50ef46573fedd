package io.github.drprune.data.prepare;

import io.github.drprune.data.parquet.ParquetText;
import io.github.drprune.error.UserException;
import io.github.drprune.io.InputFiles;
import io.github.drprune.io.ReadErrors;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileSystemException;

/** Reads a file's records in order, a batch at a time. */
interface RecordSource extends Closeable {
  /** The next records, or null at the end of the file. */
  RecordBatch next() throws IOException;

  /** Bytes consumed so far, on the disk. */
  long position();

  /** Records read so far; of text files, documents. */
  long records();

  /** Opens a file, or a piece of one, by its format. */
  static RecordSource open(InputSlice slice, Storage storage, PrepareConfig config, Spool spool)
      throws IOException {
    InputFile file = slice.file();
    SeekableByteChannel channel = storage.open(file.path());
    try {
      InputFiles.refuseLfsPointer(file.path(), Channels.newInputStream(channel));
      channel.position(0);
      return switch (file.format()) {
        case JSONL -> new LineSource(slice, stream(slice, channel), config, spool);
        case TEXT -> new TextSource(stream(slice, channel));
        case PARQUET ->
            config.conversations()
                ? ParquetConversations.open(slice, channel, config)
                : parquet(slice, channel, config);
        case ORC -> {
          channel.close();
          yield orc(slice, storage, config);
        }
        case MDS -> new MdsSource(file, stream(slice, channel));
      };
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** The columns that the settings name. */
  static RecordSource parquet(InputSlice slice, SeekableByteChannel channel, PrepareConfig config)
      throws IOException {
    return new ColumnSource(
        slice,
        new ParquetText(channel, slice.file().path(), config.columns(), slice.begin(), slice.end()),
        config);
  }

  private static RecordSource orc(InputSlice slice, Storage storage, PrepareConfig config)
      throws IOException {
    var format = ColumnFormat.of(Format.ORC);
    if (format.isEmpty()) {
      throw new IOException("nothing reads ORC in this process");
    }
    return new ColumnSource(slice, format.get().open(slice, storage, config.columns()), config);
  }

  private static PlainStream stream(InputSlice slice, SeekableByteChannel channel)
      throws IOException {
    var counting =
        new CountingStream(
            slice.isWhole()
                ? Channels.newInputStream(channel)
                : new LineRange(channel, slice.from(), slice.to()));
    return new PlainStream(Compression.of(slice.file().path()).decompress(counting), counting);
  }

  /** A step of the reading of a file. */
  @FunctionalInterface
  interface Reading<T> {
    T read() throws IOException;
  }

  /** What {@code reading} gives; where it fails, the user is told that {@code file} does. */
  static <T> T reading(InputFile file, Reading<T> reading) {
    try {
      return reading.read();
    } catch (UserException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // Decoders tell damage in either way.
      throw unreadable(file, e);
    }
  }

  /** Tells the user that a file cannot be read to its end. */
  private static UserException unreadable(InputFile file, Exception e) {
    if (e instanceof FileSystemException reading) {
      return ReadErrors.of(file.path(), reading);
    }
    String what =
        switch (Compression.of(file.path())) {
          case NONE -> "corrupt or truncated";
          case GZIP -> "corrupt or truncated gzip";
          case ZSTD -> "corrupt or truncated zstd";
          case BZIP2 -> "corrupt or truncated bzip2";
        };
    return new UserException(
        "%s: %s%s; restore the file or leave it out".formatted(file.path(), what, detail(e)), e);
  }

  /**
   * What a reader says of the damage; what the JVM says of a slip over it tells the user nothing.
   */
  private static String detail(Exception e) {
    String reason = e instanceof IOException reading ? ReadErrors.reason(reading) : "";
    return reason.isEmpty() ? "" : " (%s)".formatted(reason);
  }

  /** Decompressed bytes, with the position in the compressed ones. */
  record PlainStream(InputStream in, CountingStream compressed) implements Closeable {
    long position() {
      return compressed.count;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  /** Counts the bytes that pass through. */
  final class CountingStream extends FilterInputStream {
    private long count;

    private CountingStream(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int read = super.read();
      count += read < 0 ? 0 : 1;
      return read;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int read = super.read(bytes, offset, length);
      count += Math.max(0, read);
      return read;
    }
  }
}
