package io.github.drprune.cluster;

import java.util.Map;
import java.util.Optional;

/**
 * The Spark application to work in.
 *
 * @param master such as {@code spark://host:7077}; empty to leave it to what started the program
 * @param settings of Spark, such as {@code spark.executor.memory}
 */
public record SparkApplication(Optional<String> master, Map<String, String> settings) {
  public SparkApplication {
    settings = Map.copyOf(settings);
  }
}
