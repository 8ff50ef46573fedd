package io.github.drprune.io;

import io.github.drprune.error.UserException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether something can be written where the user wants it, asked before the work is done. */
public final class OutputPaths {
  private OutputPaths() {}

  /**
   * Refuses a path that no file can be written to; one that is there is replaced.
   *
   * @throws UserException naming the path and what to do
   */
  public static void requireFile(Path file) {
    if (Files.isDirectory(file)) {
      throw new UserException(file + ": a folder is there; name a file to write");
    }
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new UserException(file + ": not a regular file; name a file to write");
    }
    Path folder = file.toAbsolutePath().getParent();
    if (!Files.isDirectory(folder)) {
      throw new UserException(
          Files.exists(folder)
              ? "%s: %s is not a folder; name another place".formatted(file, folder)
              : "%s: the folder %s does not exist; make it".formatted(file, folder));
    }
    requireWritable(file, folder);
  }

  /**
   * Refuses a path at which no folder can be made or, where it exists, written to.
   *
   * @throws UserException naming the path and what to do
   */
  public static void requireFolder(Path folder) {
    Path existing = folder.toAbsolutePath().normalize();
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    if (!Files.isDirectory(existing)) {
      throw new UserException("%s: %s is a file; name a folder".formatted(folder, existing));
    }
    requireWritable(folder, existing);
  }

  private static void requireWritable(Path output, Path folder) {
    if (!Files.isWritable(folder)) {
      throw new UserException(
          "%s: the folder %s may not be written to; change its permissions or name another place"
              .formatted(output, folder));
    }
  }
}
