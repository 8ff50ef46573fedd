package io.github.drprune.model;

import io.github.drprune.io.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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

  /**
   * Tells a checkpoint from another, or from itself after a change: of the names, sizes and times
   * of the files in {@code folder}, as to read their bytes takes long.
   */
  public static String fingerprint(Path folder) throws IOException {
    var text = new StringBuilder();
    List<Path> files;
    try (var list = Files.list(folder)) {
      files = list.filter(Files::isRegularFile).sorted().toList();
    }
    for (Path file : files) {
      text.append(
          "%s %d %s%n"
              .formatted(file.getFileName(), Files.size(file), Files.getLastModifiedTime(file)));
    }
    return Sha256.of(text.toString().getBytes(StandardCharsets.UTF_8));
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
