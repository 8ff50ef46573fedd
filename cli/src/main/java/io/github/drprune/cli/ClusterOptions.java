package io.github.drprune.cli;

import io.github.drprune.config.Sharding;
import io.github.drprune.io.ByteSize;
import io.github.drprune.plan.Cluster;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What a run of several processes is planned for. */
final class ClusterOptions {
  @Option(
      names = "--ranks",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Processes that share the run, each as fast as this one (default: ${DEFAULT-VALUE}).")
  private int ranks;

  @Option(
      names = "--sharding",
      paramLabel = "none|optimizer|full|hybrid",
      description = "What each of them holds (default: what the run's key sharding says).")
  private Sharding sharding;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      description = "Memory of each, such as 80GB (default: a share of what is free here).")
  private String memory;

  @Option(
      names = "--bandwidth",
      paramLabel = "SIZE",
      defaultValue = "1GB",
      description = "What each sends to others in a second (default: ${DEFAULT-VALUE}).")
  private String bandwidth;

  Cluster cluster() {
    return new Cluster(
        ranks,
        Optional.ofNullable(sharding),
        Optional.ofNullable(memory).map(size -> ByteSize.parse(size).bytes()),
        ByteSize.parse(bandwidth).bytes());
  }
}
