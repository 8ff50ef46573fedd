package io.github.drprune.spark;

import io.github.drprune.cluster.SparkApplication;
import io.github.drprune.cluster.SparkJobs;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.data.Manifest;
import io.github.drprune.data.prepare.CorpusInput;
import io.github.drprune.data.prepare.PartedPrepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.run.RunEvent;
import io.github.drprune.run.RunResult;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/** What {@code drprune} does on Spark. */
public final class SparkService implements SparkJobs {
  @Override
  public Manifest prepare(
      SparkApplication application,
      CorpusInput input,
      Path tokenizer,
      PrepareConfig config,
      long partBytes,
      Path out,
      PrepareListener listener)
      throws IOException {
    try (var spark = SparkContexts.open("drprune spark-prepare", application);
        var loaded = Tokenizer.load(tokenizer)) {
      var found = CorpusLocation.find(input, config, spark.hadoopConfiguration());
      return new PartedPrepare(found.corpus(), loaded, config, partBytes, listener)
          .into(out, new SparkWorkers(spark, found.location()));
    }
  }

  @Override
  public RunResult train(
      SparkApplication application,
      TrainConfig config,
      int ranks,
      Duration timeout,
      Consumer<RunEvent> listener)
      throws IOException {
    var training = new BarrierTraining(config, ranks, timeout, listener);
    try (var spark = SparkContexts.openForTraining("drprune spark-train", application)) {
      return training.run(spark);
    }
  }
}
