package io.github.drprune.cli;

import io.github.drprune.config.TuneConfig;
import io.github.drprune.run.TuneRun;
import java.io.IOException;
import picocli.CommandLine.Command;

/** {@code drprune tune}. */
@Command(
    name = "tune",
    description = {
      "Tunes a checkpoint on conversations: the assistant's tokens count, tasks are weighted as"
          + " domains are.",
      "Where the output folder holds a run already, it is continued from its newest checkpoint."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  drprune tune --set model=runs/final/model --set data=chats --set output=runs/tuned \\",
      "    --set epochs=2"
    })
final class TuneCommand extends ConfiguredCommand<TuneConfig> {
  TuneCommand() {
    super(TuneConfig.class);
  }

  @Override
  void run(TuneConfig config) throws IOException, InterruptedException {
    RunExecution.of(spec().commandLine(), json()).executeShared(TuneRun.of(config));
  }
}
