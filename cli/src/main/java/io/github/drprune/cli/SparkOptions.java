package io.github.drprune.cli;

import io.github.drprune.cluster.SparkApplication;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where a command on Spark runs. */
final class SparkOptions {
  @Option(
      names = "--master",
      paramLabel = "URL",
      description =
          "Spark's master, such as spark://host:7077, yarn or local[2] (default: what"
              + " spark-submit says, else local[*]).")
  private String master;

  @Option(
      names = "--conf",
      paramLabel = "KEY=VALUE",
      description = "A setting of Spark, such as spark.executor.memory=8g; may be repeated.")
  private Map<String, String> settings = new LinkedHashMap<>();

  SparkApplication application() {
    return new SparkApplication(Optional.ofNullable(master), settings);
  }
}
