package io.github.drprune.cli;

import io.github.drprune.launch.LaunchListener;
import java.io.PrintWriter;
import java.util.HashSet;
import java.util.Set;

/** Prints what launched processes say, so that one can see who said it. */
final class RankOutput implements LaunchListener {
  /** How the program begins what it says of a mistake or failure. */
  private static final String FAILURE = "drprune: ";

  /** What the library says of its connections, on standard output of all places. */
  private static final String GLOO = "[Gloo] ";

  private static final int SIGNALLED = 128;

  private final PrintWriter out;
  private final PrintWriter err;
  private final Set<String> failures = new HashSet<>();

  RankOutput(PrintWriter out, PrintWriter err) {
    this.out = out;
    this.err = err;
  }

  /** The first one's is the command's, for whoever reads it. */
  @Override
  public synchronized void output(int rank, String line) {
    if (line.startsWith(GLOO)) {
      return;
    }
    if (rank == 0) {
      out.println(line);
      out.flush();
    } else {
      error(rank, line);
    }
  }

  /** A mistake that several processes see alike is told once. */
  @Override
  public synchronized void error(int rank, String line) {
    if (!line.startsWith(FAILURE) || failures.add(line)) {
      err.println("[%d] %s".formatted(rank, line));
      err.flush();
    }
  }

  @Override
  public synchronized void failed(int rank, int exitCode, int again) {
    failures.clear();
    if (again > 0 || exitCode > SIGNALLED || exitCode == HUNG) {
      err.println(
          "drprune: process %d %s%s"
              .formatted(
                  rank,
                  ending(exitCode),
                  again > 0 ? "; %d start again from the newest checkpoint".formatted(again) : ""));
      err.flush();
    }
  }

  private static String ending(int exitCode) {
    if (exitCode == HUNG) {
      return "did not come and was ended";
    }
    return exitCode > SIGNALLED
        ? "was ended by signal " + (exitCode - SIGNALLED)
        : "ended with exit code " + exitCode;
  }
}
