package io.github.drprune.io;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.regex.Pattern;

/** Whether something can be written where the user wants it, asked before the work is done. */
public final class OutputPaths {
  /** What models, runs, prepared data, corpora and configurations lie in. */
  private static final Pattern INPUT =
      Pattern.compile(
          ".*\\.(safetensors|npy|jsonl|ya?ml|parquet|mds|bin|model|(index|state)\\.json)"
              + "|tokenizer\\.json|.*_config\\.json"
              + "|(config|manifest|origin|checkpoint|state|progress|masks|index|vocab"
              + "|added_tokens|special_tokens_map|chat_template)\\.json");

  private OutputPaths() {}

  /**
   * Refuses a name that files of input have, whether such a file is there or not: a command that
   * wrote one would be refused when it is repeated. For results whose content does not tell them
   * from such files.
   *
   * @throws UserException naming the path and what to do
   */
  public static void refuseInputName(Path file) {
    Path name = file.getFileName();
    if (name != null && INPUT.matcher(name.toString()).matches()) {
      throw new UserException(
          file
              + ": has the name of a file of a model, a run, prepared data or other input; choose"
              + " another name");
    }
  }

  private static void requireFile(Path file) {
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

  /** Whether a file is of a kind. */
  @FunctionalInterface
  public interface Kind {
    boolean is(Path file) throws IOException;
  }

  /**
   * Refuses a path that no file can be written to, and a file that is there and of another kind,
   * unless it is empty: what it holds may be all that there is.
   *
   * @param called the kind, as "an HTML page"
   * @throws UserException naming the path and what to do
   */
  public static void requireFile(Path file, Kind kind, String called) {
    requireFile(file);
    try {
      if (Files.exists(file) && Files.size(file) > 0 && !kind.is(file)) {
        throw new UserException(file + ": holds other than " + called + "; name another file");
      }
    } catch (IOException e) {
      throw new UserException(file + ": cannot be read; name another file", e);
    }
  }

  /** Whether the folder of {@code file}, which is not there, is made on the way to {@code made}. */
  public static boolean isFolderMade(Path file, Collection<Path> made) {
    Path folder = file.toAbsolutePath().normalize().getParent();
    return !Files.exists(folder)
        && made.stream().anyMatch(each -> each.toAbsolutePath().normalize().startsWith(folder));
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
