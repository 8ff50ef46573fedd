package io.github.drprune.cli;

import io.github.drprune.config.TrainConfig;
import io.github.drprune.io.OutputPaths;
import io.github.drprune.run.TrainRun;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code drprune train}. */
@Command(
    name = "train",
    description = {
      "Continues the pretraining of a checkpoint, or trains a new model.",
      "The keys shape.* give the sizes of a new model.",
      "Where the output folder holds a run already, it is continued from its newest checkpoint,"
          + " with the same bits for the same number of threads."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  drprune train --set model=runs/small/model --set data=data --set output=runs/final \\",
      "    --set steps=20000"
    })
final class TrainCommand implements Callable<Integer> {
  @Mixin private ConfigOptions options;
  @Mixin private JsonOption json;

  private CommandSpec spec;

  @Spec
  void spec(CommandSpec commandSpec) {
    spec = commandSpec;
    ConfigOptions.describeKeys(commandSpec, TrainConfig.class);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    var config = options.load(TrainConfig.class);
    OutputPaths.requireFolder(config.run().output());
    var console = spec.commandLine();
    new RunExecution(console.getOut(), console.getErr(), json).executeShared(new TrainRun(config));
    return 0;
  }
}
