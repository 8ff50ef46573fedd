package io.github.drprune.cli;

import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.json.FiguresFile;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The option of the commands that yield figures. */
final class JsonOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  private Path file;

  /** Whatever keeps the file from being written is told before the work that it is about. */
  @Option(
      names = "--json",
      paramLabel = "FILE",
      order = ThreadsOption.LAST,
      description = "Also write the figures to FILE as JSON.")
  void file(Path path) {
    try {
      FiguresFile.require(path);
    } catch (UserException e) {
      throw new ParameterException(command.commandLine(), "--json " + e.getMessage(), e);
    }
    file = path;
  }

  /** The file that was named. */
  Optional<Path> path() {
    return Optional.ofNullable(file);
  }

  void write(Object figures) throws IOException {
    if (file != null) {
      AtomicFiles.text(file, Json.pretty(figures));
    }
  }
}
