package io.github.drprune.plan;

import io.github.drprune.config.Sharding;
import io.github.drprune.error.UserException;
import java.util.Optional;

/**
 * The processes that a run is planned for, each on a machine or a device like this one.
 *
 * @param processes how many
 * @param sharding what each holds; empty for what the run's key says
 * @param memory bytes that each has; empty for an equal share of what this machine has free
 * @param bandwidth bytes a second that each can send
 */
public record Cluster(
    int processes, Optional<Sharding> sharding, Optional<Long> memory, double bandwidth) {
  /** One process on this machine. */
  public static final Cluster SINGLE =
      new Cluster(1, Optional.empty(), Optional.empty(), Double.POSITIVE_INFINITY);

  /** Between processes of one machine; what is between machines differs more. */
  private static final double BANDWIDTH_WITHIN = 1e9;

  /** Processes that {@code launch} starts. */
  public static Cluster onThisMachine(int processes, Optional<Sharding> sharding) {
    return new Cluster(processes, sharding, Optional.empty(), BANDWIDTH_WITHIN);
  }

  public Cluster {
    if (processes < 1) {
      throw UserException.at("ranks", "must be at least 1, not " + processes);
    }
    if (!(bandwidth > 0)) {
      throw UserException.at("bandwidth", "must be positive, not " + bandwidth);
    }
  }
}
