package io.github.drprune.cli;

import io.github.drprune.cluster.SparkJobs;
import io.github.drprune.data.Manifest;
import io.github.drprune.error.UserException;
import io.github.drprune.io.OutputPaths;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code drprune spark-prepare}. */
@Command(
    name = "spark-prepare",
    description = {
      "Tokenizes text of several domains on a Spark cluster, with the bytes of 'drprune prepare'.",
      "Options are those of 'drprune prepare'. The input lies at a path that all machines see, or"
          + " is a URI such as hdfs://name/corpus, and may be ORC as well; all machines see the"
          + " folder to make.",
      "Needs Apache Spark 4.2, whose folder SPARK_HOME names. After an interruption the same"
          + " command goes on with the parts of the input that are left."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "",
      "Example:",
      "  drprune spark-prepare --master spark://host:7077 --tokenizer models/llama \\",
      "    --input hdfs://name/corpus --seq-len 4096 --out /shared/data"
    })
final class SparkPrepareCommand implements Callable<Integer> {
  private static final long MIB = 1 << 20;

  @Mixin private SparkOptions spark;

  @Mixin private PrepareOptions options;

  @Option(
      names = "--part-mib",
      paramLabel = "N",
      defaultValue = "128",
      description = "Input of a task in MiB, about (default: ${DEFAULT-VALUE}).")
  private long partMib;

  @Mixin private JsonOption json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    var config = options.config();
    if (partMib < 1) {
      throw UserException.at("part_mib", "must be at least 1, not " + partMib);
    }
    var jobs = SparkJobs.find(spec.name());
    OutputPaths.requireFolder(options.out);
    Manifest manifest;
    try (var progress = new PrepareProgress(spec.commandLine().getErr())) {
      manifest =
          jobs.prepare(
              spark.application(),
              options.input(),
              options.tokenizer,
              config,
              partMib * MIB,
              options.out,
              progress);
    }
    DataTable.print(manifest, spec.commandLine().getOut());
    json.write(manifest);
    return 0;
  }
}
