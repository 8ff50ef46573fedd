package io.github.drprune.cli;

import io.github.drprune.config.Sharding;
import io.github.drprune.error.UserException;
import io.github.drprune.launch.Launch;
import io.github.drprune.launch.Launcher;
import io.github.drprune.libtorch.LibTorch;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
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
          + " messages have the number of their process before them."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  drprune launch --ranks 4 --sharding optimizer prune --config run.yaml"
    })
final class LaunchCommand implements Callable<Integer> {
  private static final Set<String> COMMANDS = Set.of("prune", "train", "tune");

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
      description = "prune, train or tune, with its options.")
  private List<String> command;

  private CommandSpec spec;

  @Spec
  void spec(CommandSpec commandSpec) {
    spec = commandSpec;
    spec.parser().stopAtPositional(true); // what follows are the options of the command
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (!COMMANDS.contains(command.getFirst())) {
      throw new UserException(
          "launch: '%s' runs in one process; prune, train and tune run in several"
              .formatted(command.getFirst()));
    }
    LibTorch.useThreads(1);
    var launch =
        new Launch(
            whole(),
            ranks,
            minRanks == null ? ranks : minRanks,
            restarts,
            Duration.ofSeconds(timeout));
    var output = new RankOutput(spec.commandLine().getOut(), spec.commandLine().getErr());
    var launcher = new Launcher(launch, output);
    var ended = new CountDownLatch(1);
    var hook = new Thread(() -> stop(launcher, ended), "interruption");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      return launcher.run();
    } finally {
      ended.countDown();
      removeHook(hook);
    }
  }

  /** The command as this program was started. */
  private List<String> whole() {
    List<String> whole = new ArrayList<>(OwnProgram.command());
    whole.addAll(command);
    if (sharding != null) {
      whole.addAll(List.of("--set", "sharding=" + sharding.name().toLowerCase(Locale.ROOT)));
    }
    return whole;
  }

  private static void stop(Launcher launcher, CountDownLatch ended) {
    launcher.stop();
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The program is shutting down: that is what the hook waited for.
    }
  }
}
