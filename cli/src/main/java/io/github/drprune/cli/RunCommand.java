package io.github.drprune.cli;

import io.github.drprune.pipeline.Pipeline;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
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
  @Mixin private PipelineFile file;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    var pipeline = file.load();
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    pipeline.spending().ifPresent(out::println);
    var runs = new RunExecution(out, err, new JsonOption());
    try (var progress = new PipelineProgress(out, err)) {
      // What was done is recorded beside the file.
      var stages = new Pipeline(file.path(), pipeline, file.threads(), runs, progress);
      // As a shell tells of SIGINT.
      return stages.run() ? 0 : 130;
    }
  }
}
