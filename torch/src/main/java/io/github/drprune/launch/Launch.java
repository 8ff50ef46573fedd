package io.github.drprune.launch;

import io.github.drprune.error.UserException;
import java.time.Duration;
import java.util.List;

/**
 * What to start.
 *
 * @param command the program with its arguments, the same for every process
 * @param ranks processes to start
 * @param minRanks the least to go on with, where one of them fails twice in a row
 * @param restarts how often they may start again after one of them failed
 * @param timeout the longest that one process waits for another
 */
public record Launch(
    List<String> command, int ranks, int minRanks, int restarts, Duration timeout) {
  /** Set for a process that is to end when its standard input does: the launcher is gone then. */
  public static final String LAUNCHED = "DRPRUNE_LAUNCHED";

  /** Exit code of a mistake that starting again does not mend. */
  public static final int USER_MISTAKE = 2;

  /** Exit code of a launched process that ended for want of another, which failed before it. */
  public static final int PEER_LOST = 3;

  /**
   * Exit code of a launched process whose run diverged: a mistake as well, but never one that is
   * for want of a device that was there before.
   */
  public static final int DIVERGED = 4;

  private static final int MOST_RANKS = 1024;

  public Launch {
    if (ranks < 1 || ranks > MOST_RANKS) {
      throw UserException.at("ranks", "%d is not from 1 to %d".formatted(ranks, MOST_RANKS));
    }
    if (minRanks < 1 || minRanks > ranks) {
      throw UserException.at("min_ranks", "%d is not from 1 to %d".formatted(minRanks, ranks));
    }
    if (restarts < 0) {
      throw UserException.at("restarts", "must not be negative, not " + restarts);
    }
    if (timeout.toSeconds() < 1) {
      throw UserException.at("timeout", "must be at least a second");
    }
    command = List.copyOf(command);
  }

  /** The same with another command. */
  public Launch with(List<String> other) {
    return new Launch(other, ranks, minRanks, restarts, timeout);
  }
}
