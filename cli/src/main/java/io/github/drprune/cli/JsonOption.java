package io.github.drprune.cli;

import io.github.drprune.io.AtomicFiles;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option of the commands that yield figures. */
final class JsonOption {
  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also write the figures to FILE as JSON.")
  private Path file;

  void write(Object figures) throws IOException {
    if (file != null) {
      AtomicFiles.text(file, Json.pretty(figures));
    }
  }
}
