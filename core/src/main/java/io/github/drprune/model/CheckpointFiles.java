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
    var text = new StringBuilder();
    sign(files(folder, CheckpointFiles::isModel), "", Sha256::of, text);
    return hash(text);
  }

  /**
   * As {@link #contents}, of the tokenizer's files and the templates as well; nothing else that
   * lies beside them.
   */
  public static String contentsWithCompanions(Path folder) throws IOException {
    return hashOfOwn(folder, Sha256::of);
  }

  /**
   * Tells a checkpoint from another, or from itself after a change, by the names, sizes and times
   * of its files, as to read their bytes takes long.
   */
  public static String fingerprint(Path folder) throws IOException {
    return hashOfOwn(folder, file -> Files.size(file) + " " + Files.getLastModifiedTime(file));
  }

  /** What tells a file from another. */
  @FunctionalInterface
  private interface Sign {
    String of(Path file) throws IOException;
  }

  private static String hashOfOwn(Path folder, Sign sign) throws IOException {
    var text = new StringBuilder();
    sign(files(folder, CheckpointFiles::isOwn), "", sign, text);
    sign(templates(folder), TEMPLATES + "/", sign, text);
    return hash(text);
  }

  private static void sign(List<Path> files, String place, Sign sign, StringBuilder text)
      throws IOException {
    for (Path file : files) {
      text.append(place).append(name(file)).append(' ').append(sign.of(file)).append('\n');
    }
  }

  private static String hash(StringBuilder text) {
    return Sha256.of(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** In the order of their names. */
  private static List<Path> files(Path folder, Predicate<Path> counts) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(counts).sorted().toList();
    }
  }

  /** The templates for certain uses, where there are some. */
  private static List<Path> templates(Path folder) throws IOException {
    Path templates = folder.resolve(TEMPLATES);
    return Files.isDirectory(templates)
        ? files(templates, file -> name(file).endsWith(".jinja") && Files.isRegularFile(file))
        : List.of();
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
    for (Path file : templates(from)) {
      Files.createDirectories(to.resolve(TEMPLATES));
      AtomicFiles.copy(file, to.resolve(TEMPLATES).resolve(file.getFileName()));
    }
  }
}
