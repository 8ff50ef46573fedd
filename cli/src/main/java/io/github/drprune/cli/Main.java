package io.github.drprune.cli;

import io.github.drprune.error.UserException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program {@code drprune}. */
@Command(
    name = "drprune",
    description = "Makes language models smaller without making them worse on any domain.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      InspectCommand.class,
      PrepareCommand.class,
      DataCommand.class,
      PlanCommand.class,
      PruneCommand.class,
      MasksCommand.class,
      CutCommand.class,
      TrainCommand.class,
      EvaluateCommand.class,
      GenerateCommand.class,
      ReferenceLossCommand.class,
      ReplayCommand.class,
      BenchCommand.class,
      ReportCommand.class,
      WatchCommand.class,
      RunCommand.class,
      DemoCommand.class
    })
public final class Main implements Runnable {
  /** The user asked for something that cannot be done as asked. */
  static final int USER_MISTAKE = 2;

  /** The program failed. */
  static final int FAILURE = 1;

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "no command given");
  }

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(Main::explainUsage)
        .setExecutionExceptionHandler(Main::explainFailure);
  }

  private static int explainUsage(ParameterException e, String[] args) {
    var command = e.getCommandLine();
    command
        .getErr()
        .println(
            "drprune: %s; see '%s --help'"
                .formatted(e.getMessage(), command.getCommandSpec().qualifiedName()));
    return USER_MISTAKE;
  }

  private static int explainFailure(
      Exception e, CommandLine command, CommandLine.ParseResult parsed) {
    if (e instanceof UserException) {
      command.getErr().println("drprune: " + e.getMessage());
      return USER_MISTAKE;
    }
    command.getErr().println("drprune: failed: " + e);
    if (System.getenv("DRPRUNE_STACKTRACE") != null) {
      e.printStackTrace(command.getErr());
    } else {
      command.getErr().println("drprune: set DRPRUNE_STACKTRACE=1 for the stack trace");
    }
    return FAILURE;
  }
}
