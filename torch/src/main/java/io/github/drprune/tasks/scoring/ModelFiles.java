package io.github.drprune.tasks.scoring;

import io.github.drprune.io.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Tells a checkpoint from another, or from itself after a change. */
final class ModelFiles {
  private ModelFiles() {}

  /** Of the names, sizes and times of the files in {@code folder}. */
  static String fingerprint(Path folder) throws IOException {
    var text = new StringBuilder();
    List<Path> files;
    try (var list = Files.list(folder)) {
      files = list.filter(Files::isRegularFile).sorted().toList();
    }
    for (Path file : files) {
      text.append(
          String.format(
              Locale.ROOT,
              "%s %d %s%n",
              file.getFileName(),
              Files.size(file),
              Files.getLastModifiedTime(file)));
    }
    return Sha256.of(text.toString().getBytes(StandardCharsets.UTF_8));
  }
}
