package io.github.drprune.cli;

import io.github.drprune.error.UserException;
import io.github.drprune.launch.LaunchListener;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.selfcheck.SelfCheck;
import io.github.drprune.selfcheck.SelfCheck.Outcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code drprune selfcheck}. */
@Command(
    name = "selfcheck",
    description = {
      "Checks that this machine computes what it should, in about a minute.",
      "A small model against known values, the fast kernels, runs of several processes against one"
          + " of a single process, and a run of which a process is killed. Exit code 1 where a"
          + " check fails."
    },
    mixinStandardHelpOptions = true,
    footer = {"", "Example:", "  drprune selfcheck --device cuda --ranks 4"})
final class SelfCheckCommand implements Callable<Integer> {
  /** What {@code --json} writes. */
  record Figures(String device, int ranks, boolean passed, List<Outcome> checks) {}

  private static final int MOST_RANKS = 64;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "auto",
      description = "auto, cpu or cuda (default: ${DEFAULT-VALUE}).")
  private String device;

  @Option(
      names = "--ranks",
      paramLabel = "N",
      defaultValue = "2",
      description = "Processes of the shared runs (default: ${DEFAULT-VALUE}).")
  private int ranks;

  @Mixin private JsonOption json;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (ranks < 2 || ranks > MOST_RANKS) {
      throw UserException.at("ranks", "%d is not from 2 to %d".formatted(ranks, MOST_RANKS));
    }
    LibTorch.useThreads(1);
    PrintWriter out = spec.commandLine().getOut();
    var check = new SelfCheck(OwnProgram.command(), device, ranks);
    List<Outcome> outcomes =
        check.run(outcome -> print(outcome, out), new Errors(spec.commandLine().getErr()));
    boolean passed = outcomes.stream().allMatch(Outcome::passed);
    out.println(passed ? "all checks passed" : "some checks FAILED");
    out.flush();
    json.write(new Figures(device, ranks, passed, outcomes));
    return passed ? 0 : Main.FAILURE;
  }

  private static void print(Outcome outcome, PrintWriter out) {
    out.println(
        String.format(
            Locale.ROOT,
            "%-6s  %-40s  %s  (%.1f s)",
            outcome.passed() ? "ok" : "FAILED",
            outcome.name(),
            outcome.figure(),
            outcome.seconds()));
    out.flush();
  }

  /** Passes on why processes failed, which those of the run with a kill do too. */
  private record Errors(PrintWriter err) implements LaunchListener {
    @Override
    public void output(int rank, String line) {}

    @Override
    public void error(int rank, String line) {
      if (line.startsWith("drprune: ")) {
        err.println("[%d] %s".formatted(rank, line));
        err.flush();
      }
    }

    @Override
    public void failed(int rank, int exitCode, int again) {}
  }
}
