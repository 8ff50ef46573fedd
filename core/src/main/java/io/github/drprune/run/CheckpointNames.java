package io.github.drprune.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** How the folders of a run's checkpoints are called, and told from those of other programs. */
public final class CheckpointNames {
  /** The file that says what a checkpoint holds. */
  public static final String MANIFEST = "checkpoint.json";

  private static final Pattern NAME = Pattern.compile("step-(\\d{1,18})");

  private CheckpointNames() {}

  /** The folder of the checkpoint of {@code step} among those in {@code checkpoints}. */
  public static Path folder(Path checkpoints, long step) {
    return checkpoints.resolve("step-" + step);
  }

  /** The step of the checkpoint in {@code folder}; empty where it is not called like one. */
  public static OptionalLong step(Path folder) {
    var matcher = NAME.matcher(folder.getFileName().toString());
    return matcher.matches()
        ? OptionalLong.of(Long.parseLong(matcher.group(1)))
        : OptionalLong.empty();
  }

  /** Whether a run has written one of those in {@code checkpoints}. */
  static boolean isAnyIn(Path checkpoints) throws IOException {
    if (!Files.isDirectory(checkpoints)) {
      return false;
    }
    try (var entries = Files.list(checkpoints)) {
      return entries.anyMatch(
          entry -> step(entry).isPresent() && Files.exists(entry.resolve(MANIFEST)));
    }
  }
}
