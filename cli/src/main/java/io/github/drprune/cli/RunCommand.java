package io.github.drprune.cli;

import io.github.drprune.config.PipelineConfig;
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
    PipelineConfig pipeline = file.load();
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    var runs = new RunExecution(out, err, new JsonOption());
    try (var progress = new PipelineProgress(out, err)) {
      if (pipeline.time().isPresent()) {
        stages(pipeline, runs, progress).prepareText(); // steps are timed on it
        pipeline = file.inTokens(pipeline);
      }
      pipeline.spending().ifPresent(out::println);
      // As a shell tells of SIGINT.
      return stages(pipeline, runs, progress).run() ? 0 : 130;
    }
  }

  /** What was done is recorded beside the file. */
  private Pipeline stages(PipelineConfig pipeline, RunExecution runs, PipelineProgress progress) {
    return new Pipeline(file.path(), pipeline, file.threads(), runs, progress);
  }
}
