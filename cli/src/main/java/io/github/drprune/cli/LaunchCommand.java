package io.github.drprune.cli;

import io.github.drprune.config.Sharding;
import io.github.drprune.error.UserException;
import io.github.drprune.launch.Launch;
import io.github.drprune.libtorch.LibTorch;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune launch}. */
@Command(
    name = "launch",
    description = {
      "Runs a command in several processes of this machine, which compute each step together.",
      "Each gets its share of the cores. When one of them is lost all start again from the newest"
          + " checkpoint. The output of the first process is what the command puts out by itself;"
          + " messages have the number of their process before them.",
      "Of a pipeline ('run') the stages that learn in steps run so, the others in one process."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  drprune launch --ranks 4 --sharding optimizer prune --config run.yaml"
    })
final class LaunchCommand implements Callable<Integer> {
  private static final Set<String> COMMANDS = Set.of("prune", "train", "tune");
  private static final String PIPELINE = "run";

  @Option(names = "--ranks", required = true, paramLabel = "N", description = "Processes to start.")
  private int ranks;

  @Option(
      names = "--sharding",
      paramLabel = "none|optimizer|full|hybrid",
      description = "What each process holds: the key sharding of the run.")
  private Sharding sharding;

  @Option(
      names = "--min-ranks",
      paramLabel = "N",
      description = {
        "Go on with fewer processes, down to these, where one fails twice in a row or cannot be"
            + " started again (default: all of --ranks)."
      })
  private Integer minRanks;

  @Option(
      names = "--restarts",
      paramLabel = "N",
      defaultValue = "3",
      description = "Times to start again after a process failed (default: ${DEFAULT-VALUE}).")
  private int restarts;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "1800",
      description =
          "The longest that one process waits for another before it counts as lost (default:"
              + " ${DEFAULT-VALUE}).")
  private long timeout;

  @Parameters(
      arity = "1..*",
      paramLabel = "COMMAND",
      description = "prune, train, tune or run, with its options.")
  private List<String> command;

  private CommandSpec spec;

  @Spec
  void spec(CommandSpec commandSpec) {
    spec = commandSpec;
    spec.parser().stopAtPositional(true); // what follows are the options of the command
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    String name = command.getFirst();
    if (!name.equals(PIPELINE) && !COMMANDS.contains(name)) {
      throw new UserException(
          "launch: '%s' runs in one process; several are for prune, train, tune and run"
              .formatted(name));
    }
    var settings =
        new Launch(
            List.of(),
            ranks,
            minRanks == null ? ranks : minRanks,
            restarts,
            Duration.ofSeconds(timeout));
    var processes =
        new LaunchedProcesses(
            settings,
            Optional.ofNullable(sharding),
            spec.commandLine().getOut(),
            spec.commandLine().getErr());
    if (name.equals(PIPELINE)) {
      return pipeline(processes);
    }
    LibTorch.useThreads(1);
    return processes.run(command);
  }

  /** A pipeline stays in this process, which has its runs done by others. */
  private int pipeline(LaunchedProcesses processes) {
    String[] arguments = command.toArray(String[]::new);
    var program = Main.commandLine(arguments).setOut(processes.out()).setErr(processes.err());
    RunCommand run = program.getSubcommands().get(PIPELINE).getCommand();
    run.in(processes);
    return program.execute(arguments);
  }
}
