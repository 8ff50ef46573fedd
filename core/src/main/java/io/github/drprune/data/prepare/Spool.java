package io.github.drprune.data.prepare;

import io.github.drprune.error.UserException;
import io.github.drprune.io.FullDisk;
import io.github.drprune.io.ReadErrors;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps bytes that come as a stream, to be read again. They lie beside the output, where room for
 * as much text is needed anyway.
 *
 * @param file which nothing is left of, whatever ends the program
 */
record Spool(Path file) {
  /** The file's name where there is one in a folder. */
  static final String FILE = "prepare.spool";

  static Spool in(Path folder) {
    return new Spool(folder.resolve(FILE));
  }

  Copy open() {
    try {
      return new Copy(
          FileChannel.open(
              file,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE));
    } catch (IOException e) {
      throw notWritten(e);
    }
  }

  private UserException notWritten(IOException e) {
    return FullDisk.behind(e, file.toAbsolutePath().getParent())
        .orElseGet(
            () ->
                new UserException(
                    "%s: cannot be written: %s".formatted(file, ReadErrors.reason(e)), e));
  }

  /** The copy of a stream. */
  final class Copy implements Closeable {
    private final FileChannel channel;

    private Copy(FileChannel channel) {
      this.channel = channel;
    }

    /** {@code in}, of which what is read is kept. */
    InputStream keeping(InputStream in) {
      return new FilterInputStream(in) {
        @Override
        public int read() throws IOException {
          byte[] one = new byte[1];
          return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
          int read = in.read(bytes, offset, length);
          if (read > 0) {
            keep(ByteBuffer.wrap(bytes, offset, read));
          }
          return read;
        }
      };
    }

    private void keep(ByteBuffer bytes) {
      try {
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
      } catch (IOException e) {
        throw notWritten(e);
      }
    }

    /** The JSON string whose first character, behind its quote, is byte {@code from}. */
    LongText.Source json(long from) {
      return new LongText.Source() {
        @Override
        public Reader open() throws IOException {
          // Not closed with the reader: it may be read once more.
          return new JsonStringReader(Channels.newInputStream(channel.position(from)));
        }

        @Override
        public void close() throws IOException {
          channel.close();
        }
      };
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
