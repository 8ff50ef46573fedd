package io.github.drprune.io;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;

/** Appends lines to a text file that must survive the end of the program at any instant. */
public final class AppendedLines implements AutoCloseable {
  private final FileChannel channel;

  /**
   * What a file holds of whole lines; one that was being written when the program ended is not
   * among them.
   *
   * @param bytes of them, line ends included
   */
  public record Whole(List<String> lines, long bytes) {}

  /** The whole lines of {@code file}, which need not exist. */
  public static Whole read(Path file) throws IOException {
    return whole(bytes(file));
  }

  /**
   * As {@link #read(Path)}, of a file that the user named: without a whole line to judge it by, it
   * may be another program's, and what it holds would be dropped.
   *
   * @param begin how the first line begins
   * @param what the file is to hold, as "answers"
   * @throws UserException where all it holds is text that begins otherwise
   */
  public static Whole read(Path file, String begin, String what) throws IOException {
    byte[] bytes = bytes(file);
    Whole found = whole(bytes);
    byte[] own = begin.getBytes(UTF_8);
    int both = Math.min(own.length, bytes.length);
    if (found.bytes() == 0 && !Arrays.equals(own, 0, both, bytes, 0, both)) {
      throw new UserException(
          "%s: holds no %s of this program; name another file".formatted(file, what));
    }
    return found;
  }

  private static byte[] bytes(Path file) throws IOException {
    return Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
  }

  private static Whole whole(byte[] bytes) {
    int whole = bytes.length;
    while (whole > 0 && bytes[whole - 1] != '\n') {
      whole--;
    }
    // The end of the last line is the end of the file, not the beginning of another one.
    List<String> lines =
        whole == 0 ? List.of() : List.of(new String(bytes, 0, whole - 1, UTF_8).split("\n", -1));
    return new Whole(lines, whole);
  }

  /**
   * Opens {@code file}, or makes it.
   *
   * @param keep bytes of it that stand; what follows them is dropped
   */
  public AppendedLines(Path file, long keep) throws IOException {
    channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      channel.truncate(keep).position(keep);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** Appends {@code lines}, each with its end. */
  public void write(String lines) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(lines.getBytes(UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Bytes of the file, all of them on the disk when this returns. */
  public long force() throws IOException {
    channel.force(false);
    return channel.position();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
