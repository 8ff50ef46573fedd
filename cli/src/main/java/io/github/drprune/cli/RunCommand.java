package io.github.drprune.cli;

import io.github.drprune.config.PipelineConfig;
import io.github.drprune.config.Sharding;
import io.github.drprune.error.UserException;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.pipeline.Pipeline;
import io.github.drprune.plan.Cluster;
import io.github.drprune.run.PruneRun;
import io.github.drprune.run.RunExecutor;
import io.github.drprune.run.RunKind;
import io.github.drprune.run.TrainRun;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
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

  private Optional<LaunchedProcesses> others = Optional.empty();

  /** Has what learns in steps done by {@code processes}, which launch starts. */
  void in(LaunchedProcesses processes) {
    others = Optional.of(processes);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    PipelineConfig pipeline = file.load();
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    RunExecutor runs = executor(new RunExecution(out, err, new JsonOption()));
    try (var progress = new PipelineProgress(out, err)) {
      if (pipeline.time().isPresent()) {
        stages(pipeline, runs, progress).prepareText(); // steps are timed on it
        pipeline = inTokens(pipeline);
      }
      requireFitting(pipeline);
      pipeline.spending().ifPresent(out::println);
      // As a shell tells of SIGINT.
      return stages(pipeline, runs, progress).run() ? 0 : 130;
    }
  }

  private RunExecutor executor(RunExecution alone) {
    return others
        .<RunExecutor>map(processes -> new LaunchedRuns(processes, threadsOfEach(), alone))
        .orElse(alone);
  }

  private int ranks() {
    return others.map(LaunchedProcesses::ranks).orElse(1);
  }

  private Optional<Sharding> sharding() {
    return others.flatMap(LaunchedProcesses::sharding);
  }

  /** As launch gives them to a run by itself; the other stages have those of one process. */
  int threadsOfEach() {
    return file.threadsOfEach(ranks());
  }

  private PipelineConfig inTokens(PipelineConfig pipeline)
      throws IOException, InterruptedException {
    LibTorch.useThreads(threadsOfEach());
    var cluster = Cluster.onThisMachine(ranks(), sharding());
    PipelineConfig paid = file.inTokens(pipeline, cluster);
    LibTorch.useThreads(file.threads());
    return paid;
  }

  /** Before anything runs, not when the stage's turn comes. */
  private void requireFitting(PipelineConfig pipeline) {
    Stream.concat(
            pipeline.prune().map(PruneRun::new).stream(),
            pipeline.train().map(TrainRun::new).stream())
        .filter(RunKind::takesSteps)
        .forEach(
            run -> {
              var config = run.config();
              try {
                config.requireFitting(sharding().orElse(config.sharding()), ranks(), ranks());
              } catch (UserException e) {
                throw e.in(run.command() + ".");
              }
            });
  }

  /** What was done is recorded beside the file. */
  private Pipeline stages(PipelineConfig pipeline, RunExecutor runs, PipelineProgress progress) {
    return new Pipeline(file.path(), pipeline, file.threads(), runs, progress);
  }
}
