package io.github.drprune.checkpoint;

import io.github.drprune.error.UserException;
import io.github.drprune.io.Sha256;
import io.github.drprune.json.Json;
import io.github.drprune.run.CheckpointNames;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
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
  static final String FILE = CheckpointNames.MANIFEST;

  /** Tells the file from other JSON. */
  static final String FORMAT = "drprune-checkpoint";

  private static final Pattern PLAIN = Pattern.compile("\\w[\\w.-]*");

  /** The version this program writes. */
  static final int VERSION = 3;

  /** The oldest that it reads, of runs in one process: tensors lie in one file as a whole. */
  private static final int OLDEST = 2;

  CheckpointManifest {
    if (!FORMAT.equals(format) || version < OLDEST || version > VERSION) {
      throw new IllegalArgumentException(
          "format is '%s' version %d, this program reads '%s' versions %d to %d; finish the run with the program that began it"
              .formatted(format, version, FORMAT, OLDEST, VERSION));
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
    /** What a process tells that has none. */
    static final long[] NO_FILE = new long[5];

    static FileCheck of(Path file) throws IOException {
      return new FileCheck(Files.size(file), Sha256.of(file));
    }

    /** In numbers that other processes can be told, {@link #told} the other way. */
    long[] numbers() {
      var sum = ByteBuffer.wrap(HexFormat.of().parseHex(sha256)).asLongBuffer();
      return new long[] {bytes, sum.get(), sum.get(), sum.get(), sum.get()};
    }

    /**
     * What process {@code index} told.
     *
     * @param numbers of all processes, in their order
     */
    static Optional<FileCheck> told(long[] numbers, int index) {
      long[] own =
          Arrays.copyOfRange(numbers, index * NO_FILE.length, (index + 1) * NO_FILE.length);
      if (Arrays.equals(own, NO_FILE)) {
        return Optional.empty();
      }
      var sum = ByteBuffer.allocate((own.length - 1) * Long.BYTES);
      Arrays.stream(own, 1, own.length).forEach(sum::putLong);
      return Optional.of(new FileCheck(own[0], HexFormat.of().formatHex(sum.array())));
    }
  }

  /**
   * Describes the files that lie in {@code folder}.
   *
   * @param known what those of them are that need not be read again, by name
   */
  static CheckpointManifest describe(Path folder, long step, Map<String, FileCheck> known)
      throws IOException {
    Map<String, FileCheck> files = new TreeMap<>(known);
    try (var entries = Files.list(folder)) {
      for (Path file : (Iterable<Path>) entries::iterator) {
        String name = file.getFileName().toString();
        if (!known.containsKey(name)) {
          files.put(name, FileCheck.of(file));
        }
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
