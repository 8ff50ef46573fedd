package io.github.drprune.cli;

import io.github.drprune.config.Sharding;
import io.github.drprune.launch.Launch;
import io.github.drprune.launch.Launcher;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Processes of this machine that run a command of this program together, in front of the user.
 *
 * @param settings how many there are and what happens when one fails; the command is added
 * @param sharding what each holds; empty for what the command says
 * @param out for what the first process puts out
 */
record LaunchedProcesses(
    Launch settings, Optional<Sharding> sharding, PrintWriter out, PrintWriter err) {
  int ranks() {
    return settings.ranks();
  }

  /** Runs a command with its options; gives the exit code. SIGTERM goes on to every process. */
  int run(List<String> command) throws IOException, InterruptedException {
    var launcher = new Launcher(settings.with(whole(command)), new RankOutput(out, err));
    BooleanSupplier stop =
        () -> {
          launcher.stop();
          return true;
        };
    try (var _ = new TerminationHook(stop)) {
      return launcher.run();
    }
  }

  /** The command as this program was started. */
  private List<String> whole(List<String> command) {
    List<String> whole = new ArrayList<>(OwnProgram.command());
    whole.addAll(command);
    sharding.ifPresent(
        held -> whole.addAll(List.of("--set", "sharding=" + held.name().toLowerCase(Locale.ROOT))));
    return whole;
  }
}
