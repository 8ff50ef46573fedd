package io.github.drprune.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where a command writes a checkpoint of its own making. */
final class NewCheckpointOption {
  @Option(
      names = "--out",
      required = true,
      paramLabel = "FOLDER",
      description = "The checkpoint to write; must not exist.")
  private Path folder;

  Path folder() {
    return folder;
  }
}
