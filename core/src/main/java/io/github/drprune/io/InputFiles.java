package io.github.drprune.io;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Files of the user's that are read whole. Whatever keeps one from being read is told before its
 * content is looked at.
 */
public final class InputFiles {
  /** Far beyond any file of settings, and within any machine's memory. */
  private static final long LARGEST = 100_000_000;

  private static final byte[] LFS_POINTER = "version https://git-lfs".getBytes(UTF_8);

  private InputFiles() {}

  /** The bytes of {@code file}. */
  public static byte[] bytes(Path file) throws IOException {
    requireFile(file, "check the path");
    requireSize(file, Files.size(file));
    return checked(file, Files.readAllBytes(file));
  }

  private static void requireSize(Path file, long size) {
    if (size > LARGEST) {
      throw new UserException(
          "%s: %s are too many for such a file; name another".formatted(file, new ByteSize(size)));
    }
  }

  private static byte[] checked(Path file, byte[] bytes) {
    if (bytes.length == 0) {
      throw new UserException(file + ": the file is empty; restore it or name another");
    }
    if (isLfsPointer(bytes)) {
      throw lfsPointer(file);
    }
    return bytes;
  }

  /** The text of {@code file}, which must be UTF-8. */
  public static String text(Path file) throws IOException {
    return text(file, bytes(file));
  }

  /**
   * The text of {@code file}, which may be a pipe, as a shell's {@code <(command)} is, and then can
   * be read only once.
   *
   * @param advice what to do where there is none, as "name a run's folder"
   */
  public static String textOfFileOrPipe(Path file, String advice) throws IOException {
    if (!Files.exists(file) || Files.isDirectory(file) || Files.isRegularFile(file)) {
      requireFile(file, advice);
      return text(file);
    }
    try (var stream = Files.newInputStream(file)) {
      return text(file, stream);
    }
  }

  /**
   * The text of a stream, read to its end, which must be UTF-8.
   *
   * @param file how messages call it
   */
  public static String text(Path file, InputStream stream) throws IOException {
    byte[] bytes = stream.readNBytes((int) LARGEST + 1);
    requireSize(file, bytes.length);
    return text(file, checked(file, bytes));
  }

  private static String text(Path file, byte[] bytes) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw notUtf8(file, e);
    }
  }

  /** What is told of a file whose text is in another encoding. */
  public static UserException notUtf8(Path file, CharacterCodingException cause) {
    return new UserException(file + ": not UTF-8 text; write it in UTF-8", cause);
  }

  /**
   * Refuses what is not a file that can be read.
   *
   * @param advice what to do where there is none, as "name a run's folder"
   */
  public static void requireFile(Path file, String advice) {
    if (Files.isDirectory(file)) {
      throw new UserException("%s: a folder where a file is expected; %s".formatted(file, advice));
    }
    if (!Files.exists(file)) {
      throw new UserException("%s: no such file; %s".formatted(file, advice));
    }
    if (!Files.isRegularFile(file)) {
      // A pipe or a device could be endless, and cannot be read twice.
      throw new UserException("%s: not a regular file; %s".formatted(file, advice));
    }
    if (!Files.isReadable(file)) {
      throw new UserException(file + ": may not be read; change its permissions");
    }
  }

  /**
   * Refuses to write to what is read.
   *
   * @param key that names the file to write
   */
  public static void requireApart(String key, Path out, Path... inputs) throws IOException {
    for (Path input : inputs) {
      if (isSame(out, input)) {
        throw UserException.at(key, out + " is a file to read from", "choose another file");
      }
    }
  }

  /** Whether both are there and one file or folder, by whatever names. */
  public static boolean isSame(Path a, Path b) throws IOException {
    return Files.exists(a) && Files.exists(b) && Files.isSameFile(a, b);
  }

  /** Whether a file begins as what Git leaves in place of one that Git LFS keeps. */
  public static boolean isLfsPointer(byte[] start) {
    return start.length >= LFS_POINTER.length
        && Arrays.equals(LFS_POINTER, 0, LFS_POINTER.length, start, 0, LFS_POINTER.length);
  }

  /** Refuses such a file of the user's. */
  public static void refuseLfsPointer(Path file) throws IOException {
    try (var stream = Files.newInputStream(file)) {
      refuseLfsPointer(file, stream);
    }
  }

  /** As {@link #refuseLfsPointer(Path)}, of a file whose beginning is read. */
  public static void refuseLfsPointer(Path file, InputStream beginning) throws IOException {
    if (isLfsPointer(beginning.readNBytes(LFS_POINTER.length))) {
      throw lfsPointer(file);
    }
  }

  /** The mistake of naming one. */
  public static UserException lfsPointer(Path file) {
    return new UserException(
        file + ": a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'");
  }
}
