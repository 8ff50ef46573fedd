package io.github.drprune.cli;

import io.github.drprune.config.PruneConfig;
import io.github.drprune.io.OutputPaths;
import io.github.drprune.run.PruneRun;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

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
final class PruneCommand implements Callable<Integer> {
  @Mixin private ConfigOptions options;
  @Mixin private JsonOption json;

  private CommandSpec spec;

  @Spec
  void spec(CommandSpec commandSpec) {
    spec = commandSpec;
    ConfigOptions.describeKeys(commandSpec, PruneConfig.class);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    var config = options.load(PruneConfig.class);
    OutputPaths.requireFolder(config.run().output());
    var console = spec.commandLine();
    new RunExecution(console.getOut(), console.getErr(), json).executeShared(new PruneRun(config));
    return 0;
  }
}
