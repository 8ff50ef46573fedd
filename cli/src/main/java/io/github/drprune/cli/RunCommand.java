package io.github.drprune.cli;

import io.github.drprune.config.PipelineConfig;
import io.github.drprune.io.InputFiles;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.pipeline.Pipeline;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune run}. */
@Command(
    name = "run",
    description = {
      "Runs the stages of a pipeline file: prepare, prune, cut, train, evaluate, report.",
      "A stage is skipped when its output is there and neither its settings nor its inputs have"
          + " changed; an interrupted one goes on."
    },
    mixinStandardHelpOptions = true,
    footer = {"", "Example:", "  drprune run pipeline.yaml --set train.steps=2000"})
final class RunCommand implements Callable<Integer> {
  @Parameters(paramLabel = "PIPELINE", description = "YAML file with the stages and their keys.")
  private Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Sets a key, such as prune.steps, over the file's value; may be repeated.")
  private List<String> sets = new ArrayList<>();

  @Mixin private ThreadsOption threads;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    // What was done is recorded beside it.
    InputFiles.requireFile(file, "name a pipeline file");
    var pipeline = PipelineConfig.load(file, sets);
    LibTorch.useThreads(threads.count());
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    pipeline.spending().ifPresent(out::println);
    var runs = new RunExecution(out, err, new JsonOption());
    try (var progress = new PipelineProgress(out, err)) {
      var stages = new Pipeline(file, pipeline, threads.count(), runs, progress);
      // As a shell tells of SIGINT.
      return stages.run() ? 0 : 130;
    }
  }
}
