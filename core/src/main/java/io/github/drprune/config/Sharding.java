package io.github.drprune.config;

import io.github.drprune.error.UserException;

/** What each of several processes holds of what a run learns. */
public enum Sharding {
  /** All of it. */
  NONE,
  /** All weights, and its share of the optimizer's state. */
  OPTIMIZER,
  /** Its share of everything; the weights of a block are fetched while it is computed. */
  FULL,
  /** As {@link #FULL} among the processes of a group, of which each holds a copy. */
  HYBRID;

  /**
   * How many of {@code processes} hold a copy together.
   *
   * @param group how many are to, where that can be chosen
   * @throws UserException where they make no whole groups
   */
  public int perCopy(int processes, int group) {
    return switch (this) {
      case NONE -> 1;
      case OPTIMIZER, FULL -> processes;
      case HYBRID -> {
        int size = Math.min(group, processes);
        if (processes % size != 0) {
          throw UserException.at(
              "sharding_group",
              "%d processes make no whole groups of %d".formatted(processes, size),
              "choose one that divides their number, or sharding=full");
        }
        yield size;
      }
    };
  }

  /** Whether a process has the weights of a block only while it computes with them. */
  public boolean fetchesBlocks() {
    return this == FULL || this == HYBRID;
  }
}
