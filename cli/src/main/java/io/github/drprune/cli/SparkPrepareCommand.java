package io.github.drprune.cli;

import io.github.drprune.cluster.SparkJobs;
import io.github.drprune.data.Manifest;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.error.UserException;
import io.github.drprune.io.OutputPaths;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
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

  @Option(
      names = "--tokenizer",
      required = true,
      paramLabel = "MODEL",
      description = "Model folder with tokenizer.json and tokenizer_config.json, on this machine.")
  private Path tokenizer;

  @ArgGroup(exclusive = true, multiplicity = "1")
  private Input input;

  private static final class Input {
    @Option(
        names = "--input",
        paramLabel = "FOLDER",
        description =
            "Folder with a sub-folder or file per domain, as for prepare: a path that all machines"
                + " see, or a URI such as hdfs://name/corpus.")
    private String folder;

    @Option(
        names = "--domain",
        paramLabel = "NAME[:SPLIT]=PATH",
        split = ",",
        description = "One domain, or one split of it (train, eval, test); may be repeated.")
    private List<String> domains;
  }

  @Option(
      names = "--part-mib",
      paramLabel = "N",
      defaultValue = "128",
      description = "Input of a task in MiB, about (default: ${DEFAULT-VALUE}).")
  private long partMib;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DATA",
      description = "Folder to make, in a file system that all machines share.")
  private Path out;

  @Mixin private JsonOption json;

  private CommandSpec spec;
  private KeyOptions<PrepareConfig> keys;

  @Spec
  void spec(CommandSpec commandSpec) {
    spec = commandSpec;
    keys = KeyOptions.add(commandSpec, PrepareConfig.class);
  }

  @Override
  public Integer call() throws IOException {
    var config = keys.load();
    if (partMib < 1) {
      throw UserException.at("part_mib", "must be at least 1, not " + partMib);
    }
    var jobs = SparkJobs.find(spec.name());
    OutputPaths.requireFolder(out);
    Manifest manifest;
    try (var progress = new PrepareProgress(spec.commandLine().getErr())) {
      manifest =
          jobs.prepare(
              spark.application(),
              new SparkJobs.Input(input.folder, input.domains),
              tokenizer,
              config,
              partMib * MIB,
              out,
              progress);
    }
    DataTable.print(manifest, spec.commandLine().getOut());
    json.write(manifest);
    return 0;
  }
}
