package io.github.drprune.cli;

import io.github.drprune.cluster.SparkJobs;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.io.OutputPaths;
import io.github.drprune.run.RunResult;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code drprune spark-train}. */
@Command(
    name = "spark-train",
    description = {
      "Trains as 'drprune train' does, in executors of a Spark cluster, which compute each step"
          + " together.",
      "Needs Apache Spark 4.2, whose folder SPARK_HOME names, and a file system that all machines"
          + " share. When an executor is lost all start again from the newest checkpoint."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  drprune spark-train --master spark://host:7077 --ranks 4 --conf spark.executor.cores=8 \\",
      "    --set model=/shared/model --set data=/shared/data --set output=/shared/run --set"
          + " steps=20000"
    })
final class SparkTrainCommand implements Callable<Integer> {
  @Mixin private SparkOptions spark;

  @Option(
      names = "--ranks",
      required = true,
      paramLabel = "N",
      description = "Executors that train together; each has spark.executor.cores threads.")
  private int ranks;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "1800",
      description =
          "The longest that one executor waits for another before it counts as lost (default:"
              + " ${DEFAULT-VALUE}).")
  private long timeout;

  @Mixin private ConfigOptions options;
  @Mixin private JsonOption json;

  private CommandSpec spec;

  @Spec
  void spec(CommandSpec commandSpec) {
    spec = commandSpec;
    ConfigOptions.describeKeys(commandSpec, TrainConfig.class);
  }

  @Override
  public Integer call() throws IOException {
    var jobs = SparkJobs.find(spec.name());
    var config = options.load(TrainConfig.class);
    OutputPaths.requireFolder(config.run().output());
    var console = spec.commandLine();
    try (var progress = new RunProgress(console.getErr())) {
      RunResult result =
          jobs.train(spark.application(), config, ranks, Duration.ofSeconds(timeout), progress);
      new RunExecution(console.getOut(), console.getErr(), json).show(result, progress);
    }
    return 0;
  }
}
