package io.github.drprune.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What belongs to a checkpoint besides configuration and weights. */
public final class CheckpointFiles {
  /** Copied through where weights change and tokens do not. */
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

  /** Copies those that are in the folder {@code from}. */
  public static void copyCompanions(Path from, Path to) throws IOException {
    for (String name : COMPANIONS) {
      if (Files.isRegularFile(from.resolve(name))) {
        Files.copy(from.resolve(name), to.resolve(name));
      }
    }
  }
}
