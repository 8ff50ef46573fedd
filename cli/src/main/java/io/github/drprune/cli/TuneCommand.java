package io.github.drprune.cli;

import io.github.drprune.config.TuneConfig;
import io.github.drprune.io.OutputPaths;
import io.github.drprune.run.TuneRun;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

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
final class TuneCommand implements Callable<Integer> {
  @Mixin private ConfigOptions options;
  @Mixin private JsonOption json;

  private CommandSpec spec;

  @Spec
  void spec(CommandSpec commandSpec) {
    spec = commandSpec;
    ConfigOptions.describeKeys(commandSpec, TuneConfig.class);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    var config = options.load(TuneConfig.class);
    OutputPaths.requireFolder(config.run().output());
    var console = spec.commandLine();
    new RunExecution(console.getOut(), console.getErr(), json).executeShared(TuneRun.of(config));
    return 0;
  }
}
