package io.github.drprune.cli;

import io.github.drprune.config.TrainConfig;
import io.github.drprune.run.TrainRun;
import java.io.IOException;
import picocli.CommandLine.Command;

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
final class TrainCommand extends ConfiguredCommand<TrainConfig> {
  TrainCommand() {
    super(TrainConfig.class);
  }

  @Override
  void run(TrainConfig config) throws IOException, InterruptedException {
    RunExecution.of(spec().commandLine(), json()).executeShared(new TrainRun(config));
  }
}
