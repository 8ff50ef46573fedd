package io.github.drprune.launch;

import io.github.drprune.error.UserException;
import java.time.Duration;
import java.util.List;

/**
 * What to start.
 *
 * @param command the program with its arguments, the same for every process
 * @param ranks processes to start
 * @param restarts how often they may start again after one of them failed
 * @param timeout the longest that one process waits for another
 */
public record Launch(List<String> command, int ranks, int restarts, Duration timeout) {
  /** Set for a process that is to end when its standard input does: the launcher is gone then. */
  public static final String LAUNCHED = "DRPRUNE_LAUNCHED";

  private static final int MOST_RANKS = 1024;

  public Launch {
    if (ranks < 1 || ranks > MOST_RANKS) {
      throw UserException.at("ranks", "%d is not from 1 to %d".formatted(ranks, MOST_RANKS));
    }
    if (restarts < 0) {
      throw UserException.at("restarts", "must not be negative, not " + restarts);
    }
    if (timeout.toSeconds() < 1) {
      throw UserException.at("timeout", "must be at least a second");
    }
    command = List.copyOf(command);
  }
}
