package io.github.drprune.spark;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.config.binding.ConfigKey;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.config.binding.ValueType;
import io.github.drprune.data.PreparedData;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import io.github.drprune.report.RunTail;
import io.github.drprune.run.EventLog;
import io.github.drprune.run.FittingData;
import io.github.drprune.run.RunEvent;
import io.github.drprune.run.RunResult;
import io.github.drprune.run.TrainRun;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import scala.Function1;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;

/** Training in a barrier stage, seen from the driver. */
final class BarrierTraining {
  private static final String SOURCE = "source"; // a teacher that is no path

  private final ObjectNode config;
  private final Path output;
  private final int ranks;
  private final Duration timeout;
  private final Consumer<RunEvent> listener;
  private long told;

  /**
   * Refuses what cannot be trained, before a cluster is asked for anything.
   *
   * @param ranks tasks of the stage
   * @param timeout the longest that one waits for another
   */
  BarrierTraining(TrainConfig config, int ranks, Duration timeout, Consumer<RunEvent> listener)
      throws IOException {
    if (ranks < 1) {
      throw UserException.at("ranks", "must be at least 1, not " + ranks);
    }
    if (timeout.toSeconds() < 1) {
      throw UserException.at("timeout", "must be at least a second");
    }
    var run = new TrainRun(config);
    try (var data = PreparedData.open(config.run().data())) {
      FittingData.require(run, run.source(), data);
    }
    this.config = withAbsolutePaths(config);
    this.output = config.run().output().toAbsolutePath();
    this.ranks = ranks;
    this.timeout = timeout;
    this.listener = listener;
  }

  /** Tasks have another working directory. */
  private static ObjectNode withAbsolutePaths(TrainConfig config) {
    ObjectNode tree = ConfigLoader.tree(config);
    for (ConfigKey key : ConfigKey.of(TrainConfig.class)) {
      if (key.type().unwrapped() instanceof ValueType.Scalar(var type) && type == Path.class) {
        var pointer = JsonPointer.compile("/" + key.path().replace('.', '/'));
        String path = tree.at(pointer).textValue();
        if (path != null && !path.equals(SOURCE)) {
          ((ObjectNode) tree.at(pointer.head()))
              .put(pointer.last().getMatchingProperty(), Path.of(path).toAbsolutePath().toString());
        }
      }
    }
    return tree;
  }

  RunResult run(JavaSparkContext spark) throws IOException {
    var tail = new RunTail(output.resolve(EventLog.FILE_NAME));
    tail.poll(() -> {}, _ -> {}); // of an earlier call
    var told = ToldMistake.of(output);
    try {
      List<String> all = SparkJob.await(start(spark, told), () -> tail.poll(() -> {}, this::tell));
      return TrainingTask.Outcome.joined(all).result();
    } finally {
      told.forget();
    }
  }

  private JavaFutureAction<List<String>> start(JavaSparkContext spark, ToldMistake told) {
    String sent = Json.line(config);
    String mistake = told.file().toString();
    long seconds = timeout.toSeconds();
    RDD<String> trained =
        spark
            .parallelize(Collections.nCopies(ranks, 0), ranks)
            .rdd()
            .barrier()
            .mapPartitions(
                (Function1<Iterator<Integer>, Iterator<String>> & Serializable)
                    _ ->
                        CollectionConverters.asScala(
                            TrainingTask.run(sent, seconds, mistake).iterator()),
                false,
                ClassTag$.MODULE$.apply(String.class));
    // A stage whose tasks give a job's result is not tried again: so their result passes on.
    return trained.toJavaRDD().repartition(1).collectAsync();
  }

  /** When the run goes on from a checkpoint, what is told already comes again. */
  private void tell(RunEvent event) {
    if (event.step() >= told) {
      told = event.step();
      listener.accept(event);
    }
  }
}
