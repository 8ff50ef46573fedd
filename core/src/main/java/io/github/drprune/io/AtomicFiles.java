package io.github.drprune.io;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Files and folders that appear whole or not at all: written under a sibling name, forced to the
 * disk, then renamed. A name that ends in {@link #PARTIAL} is never read; what is left under it
 * goes when the same is written again, so it is one that no user gives.
 */
public final class AtomicFiles {
  /** The suffix of what is still being written. */
  public static final String PARTIAL = ".partial";

  /** Writes a file at the path it is given. */
  @FunctionalInterface
  public interface Writing {
    void writeTo(Path path) throws IOException;
  }

  private AtomicFiles() {}

  /**
   * Replaces {@code target} with what {@code writing} produced, or leaves it as it was.
   *
   * @throws UserException where another process does so
   */
  public static void file(Path target, Writing writing) throws IOException {
    try (var _ = WriteLock.of(target)) {
      replace(target, writing);
    }
  }

  private static void replace(Path target, Writing writing) throws IOException {
    Path partial = partialOf(target);
    try {
      writing.writeTo(partial);
      force(partial);
      Files.move(
          partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      force(target.toAbsolutePath().getParent());
    } catch (IOException | RuntimeException e) {
      suppressing(e, () -> Files.deleteIfExists(partial));
      throw e;
    }
  }

  /** As {@link #file} for text, in UTF-8; too short a time for others to be refused. */
  public static void text(Path target, String text) throws IOException {
    replace(target, partial -> Files.write(partial, text.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Makes the folder {@code target}, which must not exist, out of what {@code writing} put into the
   * empty folder it is given.
   *
   * @throws UserException where another process makes it, or has made it meanwhile
   */
  public static void folder(Path target, Writing writing) throws IOException {
    Files.createDirectories(target.toAbsolutePath().getParent());
    try (var _ = WriteLock.of(target)) {
      if (Files.exists(target)) {
        try (var entries = Files.list(target)) {
          if (entries.findAny().isPresent()) {
            throw new UserException(target + ": is there already; name another place");
          }
        }
      }
      make(target, writing);
    }
  }

  private static void make(Path target, Writing writing) throws IOException {
    Path partial = partialOf(target);
    deleteTree(partial);
    Files.createDirectories(partial);
    try {
      writing.writeTo(partial);
      try (var files = Files.walk(partial)) {
        for (Path path : (Iterable<Path>) files::iterator) {
          force(path);
        }
      }
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
      force(target.toAbsolutePath().getParent());
    } catch (IOException | RuntimeException e) {
      suppressing(e, () -> deleteTree(partial));
      throw e;
    }
  }

  /**
   * Copies what a file holds to a new file, not its permissions: what is copied may be read-only,
   * and the copy must be written to.
   */
  public static void copy(Path from, Path to) throws IOException {
    try (var in = Files.newInputStream(from);
        var out =
            Files.newOutputStream(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      in.transferTo(out);
    }
  }

  /** Deletes a file, or a folder with all it holds; nothing happens where there is none. */
  public static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, IOException e) throws IOException {
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Where {@code target} is while it is still being written. */
  public static Path partialOf(Path target) {
    return hidden(target, PARTIAL);
  }

  static Path hidden(Path target, String suffix) {
    return target.resolveSibling("." + target.getFileName() + ".drprune" + suffix);
  }

  private static void force(Path path) throws IOException {
    // Linux forces a folder's entries through a read-only descriptor of the folder.
    var option = Files.isDirectory(path) ? StandardOpenOption.READ : StandardOpenOption.WRITE;
    try (var channel = FileChannel.open(path, option)) {
      channel.force(true);
    }
  }

  @FunctionalInterface
  private interface Cleanup {
    void run() throws IOException;
  }

  private static void suppressing(Exception cause, Cleanup cleanup) {
    try {
      cleanup.run();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }
}
