package io.github.drprune.cli;

import io.github.drprune.config.PruneConfig;
import io.github.drprune.run.PruneRun;
import java.io.IOException;
import picocli.CommandLine.Command;

/** {@code drprune prune}. */
@Command(
    name = "prune",
    description = {
      "Prunes a model to a smaller shape, with more data for the domains that lose most.",
      "Learns which heads, layers and units to keep, cuts the model and writes a checkpoint.",
      "Where the output folder holds a run already, it is continued from its newest checkpoint,"
          + " with the same bits for the same number of threads."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  drprune prune --set model=models/llama --set data=data --set output=runs/small \\",
      "    --set target.hidden_size=2048 --set target.layers=24 --set steps=3200"
    })
final class PruneCommand extends ConfiguredCommand<PruneConfig> {
  PruneCommand() {
    super(PruneConfig.class);
  }

  @Override
  void run(PruneConfig config) throws IOException, InterruptedException {
    RunExecution.of(spec().commandLine(), json()).executeShared(new PruneRun(config));
  }
}
