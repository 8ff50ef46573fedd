package io.github.drprune.cli;

import io.github.drprune.distributed.Rendezvous;
import io.github.drprune.error.UserException;
import picocli.CommandLine.Option;

/** The option of the commands that compute. */
final class ThreadsOption {
  /** Behind what a command is about, where its options are not sorted. */
  static final int LAST = 1000;

  @Option(
      names = "--threads",
      paramLabel = "N",
      order = LAST,
      description =
          "Threads of the CPU, for each process (default: all; of several processes, a share).")
  private Integer threads;

  int count() {
    return ofEach(Rendezvous.onThisMachine(System.getenv()));
  }

  /** Those of each of {@code processes} on this machine. */
  int ofEach(int processes) {
    if (threads == null) {
      return Math.max(1, Runtime.getRuntime().availableProcessors() / processes);
    }
    if (threads < 1) {
      throw UserException.at("threads", "must be at least 1, not " + threads);
    }
    return threads;
  }
}
