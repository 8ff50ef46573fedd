package io.github.drprune.cluster;

import io.github.drprune.config.TrainConfig;
import io.github.drprune.data.Manifest;
import io.github.drprune.data.prepare.CorpusInput;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.error.UserException;
import io.github.drprune.run.RunEvent;
import io.github.drprune.run.RunResult;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ServiceLoader;
import java.util.function.Consumer;

/**
 * What is done on a Spark cluster. The module {@code spark} has it as a service: it needs Spark's
 * jars, which are ten times as large as the rest.
 */
public interface SparkJobs {
  /**
   * Prepares data as {@link io.github.drprune.data.prepare.Prepare} does, with the same bytes.
   *
   * @param input whose paths may be URIs of any file system that Spark reads, all of the same
   * @param partBytes input of a task, about
   * @param out a folder that all machines of the cluster see
   */
  Manifest prepare(
      SparkApplication application,
      CorpusInput input,
      Path tokenizer,
      PrepareConfig config,
      long partBytes,
      Path out,
      PrepareListener listener)
      throws IOException;

  /**
   * Trains as {@link io.github.drprune.run.Runner#train} does, shared by the tasks of a barrier
   * stage. When one of them is lost all start again from the newest checkpoint.
   *
   * @param config whose paths all machines of the cluster see
   * @param ranks tasks, each in an executor of its own
   * @param timeout the longest that one waits for another
   * @param listener is told every event, some time after it is in the run's log
   */
  RunResult train(
      SparkApplication application,
      TrainConfig config,
      int ranks,
      Duration timeout,
      Consumer<RunEvent> listener)
      throws IOException;

  /**
   * The one on the class path.
   *
   * @param command what needs it
   * @throws UserException where there is none
   */
  static SparkJobs find(String command) {
    return ServiceLoader.load(SparkJobs.class)
        .findFirst()
        .orElseThrow(
            () ->
                new UserException(
                    command
                        + ": Spark is not on the class path; install Apache Spark 4.2 and set"
                        + " SPARK_HOME to its folder, see docs/spark.md"));
  }
}
