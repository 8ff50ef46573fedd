package io.github.drprune.checkpoint;

import io.github.drprune.error.UserException;
import io.github.drprune.io.Sha256;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * {@code checkpoint.json}: what a checkpoint's folder holds.
 *
 * @param format always {@link #FORMAT}
 * @param step optimizer steps done
 * @param files size and checksum of every other file, by name
 */
record CheckpointManifest(String format, int version, long step, Map<String, FileCheck> files) {
  static final String FILE = "checkpoint.json";

  /** Tells the file from other JSON. */
  static final String FORMAT = "drprune-checkpoint";

  private static final Pattern PLAIN = Pattern.compile("\\w[\\w.-]*");

  /** The version this program writes and reads. */
  static final int VERSION = 2;

  CheckpointManifest {
    if (!FORMAT.equals(format) || version != VERSION) {
      throw new IllegalArgumentException(
          "format is '%s' version %d, this program reads '%s' version %d; finish the run with the program that began it"
              .formatted(format, version, FORMAT, VERSION));
    }
    if (step < 0 || files == null || files.isEmpty()) {
      throw new IllegalArgumentException("step or files are missing");
    }
    files.forEach(CheckpointManifest::check);
    files = Map.copyOf(files);
  }

  /** A name is looked up in the checkpoint's folder and must not lead elsewhere. */
  private static void check(String name, FileCheck file) {
    if (!PLAIN.matcher(name).matches() || file == null || file.sha256() == null) {
      throw new IllegalArgumentException("files: '%s' is not described".formatted(name));
    }
  }

  /** What a file must be. */
  record FileCheck(long bytes, String sha256) {
    static FileCheck of(Path file) throws IOException {
      return new FileCheck(Files.size(file), Sha256.of(file));
    }
  }

  /** Describes the files that lie in {@code folder}. */
  static CheckpointManifest describe(Path folder, long step) throws IOException {
    Map<String, FileCheck> files = new TreeMap<>();
    try (var entries = Files.list(folder)) {
      for (Path file : (Iterable<Path>) entries::iterator) {
        files.put(file.getFileName().toString(), FileCheck.of(file));
      }
    }
    return new CheckpointManifest(FORMAT, VERSION, step, files);
  }

  /** What is wrong with the checkpoint of {@code step} in {@code folder}, or null. */
  static String damage(Path folder, long step) {
    Path file = folder.resolve(FILE);
    try {
      if (!Files.isRegularFile(file)) {
        return "has no " + FILE;
      }
      var manifest = Json.read(file, CheckpointManifest.class);
      String damaged = manifest.step() == step ? manifest.firstDamaged(folder) : FILE;
      return damaged == null ? null : damaged + " is not as it was written";
    } catch (UserException e) {
      return e.getMessage();
    } catch (IOException e) {
      return "cannot be read (%s)".formatted(e);
    }
  }

  /** The name of a file in {@code folder} that is missing or changed, or null. */
  private String firstDamaged(Path folder) throws IOException {
    for (var entry : files.entrySet()) {
      Path file = folder.resolve(entry.getKey());
      boolean whole =
          Files.isRegularFile(file)
              && Files.size(file) == entry.getValue().bytes()
              && FileCheck.of(file).equals(entry.getValue());
      if (!whole) {
        return entry.getKey();
      }
    }
    return null;
  }
}
