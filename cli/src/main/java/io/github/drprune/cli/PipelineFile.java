package io.github.drprune.cli;

import io.github.drprune.config.PipelineConfig;
import io.github.drprune.io.InputFiles;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.pipeline.TimedBudget;
import io.github.drprune.plan.Cluster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The pipeline file of a command, and what it sets beside it. */
final class PipelineFile {
  @Parameters(paramLabel = "PIPELINE", description = "YAML file with the stages and their keys.")
  private Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Sets a key, such as prune.steps, over the file's value; may be repeated.")
  private List<String> sets = new ArrayList<>();

  @Mixin private ThreadsOption threads;

  Path path() {
    return file;
  }

  int threads() {
    return threads.count();
  }

  /** Threads of each of several processes on this machine. */
  int threadsOfEach(int processes) {
    return threads.ofEach(processes);
  }

  /** Reads the file; from here on LibTorch has its threads. */
  PipelineConfig load() throws IOException {
    InputFiles.requireFile(file, "name a pipeline file");
    var pipeline = PipelineConfig.load(file, sets);
    LibTorch.useThreads(threads());
    return pipeline;
  }

  /**
   * What the file asks for, a budget of time in tokens of training in the processes of {@code
   * cluster}; the text must be prepared.
   */
  PipelineConfig inTokens(PipelineConfig pipeline, Cluster cluster)
      throws IOException, InterruptedException {
    return pipeline.time().isEmpty()
        ? pipeline
        : TimedBudget.measured(file, sets, cluster).inTokens(pipeline);
  }
}
