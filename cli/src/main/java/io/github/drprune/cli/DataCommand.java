package io.github.drprune.cli;

import io.github.drprune.data.PreparedData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune data}. */
@Command(
    name = "data",
    description = "Shows prepared data and checks that its files are whole.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example:", "  drprune data data/ --verify"})
final class DataCommand implements Callable<Integer> {
  @Parameters(paramLabel = "DATA", description = "Folder that 'drprune prepare' made.")
  private Path folder;

  @Option(names = "--verify", description = "Check the SHA-256 of every shard.")
  private boolean verify;

  @Mixin private JsonOption json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    var out = spec.commandLine().getOut();
    try (var data = PreparedData.open(folder)) {
      DataTable.print(data.manifest(), out);
      if (verify) {
        data.verify(bytes -> {});
        out.printf("verified: all %,d bytes are as they were written%n", data.bytes());
        out.flush();
      }
      json.write(data.manifest());
    }
    return 0;
  }
}
