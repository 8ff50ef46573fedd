package io.github.drprune.model;

import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

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

  /**
   * The folder of a checkpoint's templates for certain uses, beside {@code chat_template.jinja}.
   */
  public static final String TEMPLATES = "additional_chat_templates";

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

  /** SHA-256 over what decides what the model computes: its configuration and its weights. */
  public static String contents(Path folder) throws IOException {
    return hash(folder, CheckpointFiles::isModel, Sha256::of);
  }

  /** As {@link #contents}, of the tokenizer's files as well; nothing else that lies beside them. */
  public static String contentsWithCompanions(Path folder) throws IOException {
    return hash(folder, CheckpointFiles::isOwn, Sha256::of);
  }

  /**
   * Tells a checkpoint from another, or from itself after a change, by the names, sizes and times
   * of its files, as to read their bytes takes long.
   */
  public static String fingerprint(Path folder) throws IOException {
    return hash(
        folder,
        CheckpointFiles::isOwn,
        file -> Files.size(file) + " " + Files.getLastModifiedTime(file));
  }

  /** What tells a file from another. */
  @FunctionalInterface
  private interface Sign {
    String of(Path file) throws IOException;
  }

  private static String hash(Path folder, Predicate<Path> counts, Sign sign) throws IOException {
    var text = new StringBuilder();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files.filter(counts).sorted()::iterator) {
        text.append(name(file)).append(' ').append(sign.of(file)).append('\n');
      }
    }
    return Sha256.of(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static boolean isModel(Path file) {
    return name(file).equals("config.json") || name(file).endsWith(".safetensors");
  }

  private static boolean isOwn(Path file) {
    return isModel(file) || COMPANIONS.contains(name(file));
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  /** Copies those that are in the folder {@code from}, and templates for certain uses. */
  public static void copyCompanions(Path from, Path to) throws IOException {
    for (String name : COMPANIONS) {
      if (Files.isRegularFile(from.resolve(name))) {
        AtomicFiles.copy(from.resolve(name), to.resolve(name));
      }
    }
    Path templates = from.resolve(TEMPLATES);
    if (Files.isDirectory(templates)) {
      Files.createDirectory(to.resolve(TEMPLATES));
      try (var files = Files.newDirectoryStream(templates, "*.jinja")) {
        for (Path file : files) {
          AtomicFiles.copy(file, to.resolve(TEMPLATES).resolve(file.getFileName()));
        }
      }
    }
  }
}
