package io.github.drprune.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The files of a checkpoint's folder. */
public final class CheckpointFiles {
  /**
   * What belongs to a checkpoint besides configuration and weights; copied through where weights
   * change and tokens do not.
   */
  private static final List<String> COMPANIONS =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "tokenizer.model",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "chat_template.jinja",
          "generation_config.json");

  private CheckpointFiles() {}

  /** Bytes of the weights as they are stored. */
  public static long weightBytes(Path folder) throws IOException {
    long bytes = 0;
    try (var weights = Files.newDirectoryStream(folder, "*.safetensors")) {
      for (Path file : weights) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }

  /** Copies those that are in the folder {@code from}. */
  public static void copyCompanions(Path from, Path to) throws IOException {
    for (String name : COMPANIONS) {
      if (Files.isRegularFile(from.resolve(name))) {
        Files.copy(from.resolve(name), to.resolve(name));
      }
    }
  }
}
