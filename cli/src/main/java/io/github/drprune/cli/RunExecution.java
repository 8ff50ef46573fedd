package io.github.drprune.cli;

import io.github.drprune.distributed.GlooGroup;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.io.OutputPaths;
import io.github.drprune.nn.Kernels;
import io.github.drprune.run.RunEvent;
import io.github.drprune.run.RunExecutor;
import io.github.drprune.run.RunKind;
import io.github.drprune.run.RunResult;
import io.github.drprune.run.Runner;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.List;
import picocli.CommandLine;

/**
 * Executes runs in front of the user: progress, interruption, and what came of it. Of several
 * processes only the first one says anything.
 *
 * @param out for what came of it
 * @param err for the way there
 */
record RunExecution(PrintWriter out, PrintWriter err, JsonOption json) implements RunExecutor {
  /** The figures of a run. */
  record Figures(long step, String model, RunEvent.Evaluation evaluation) {}

  static RunExecution of(CommandLine command, JsonOption json) {
    return new RunExecution(command.getOut(), command.getErr(), json);
  }

  /** Executes {@code run} together with the processes that the environment names. */
  RunResult executeShared(RunKind run) throws IOException, InterruptedException {
    OutputPaths.requireFolder(run.config().output());
    try (var processes = GlooGroup.join(System.getenv())) {
      return processes.isFirst() ? execute(run, processes) : executeSilently(run, processes);
    }
  }

  @Override
  public RunResult execute(RunKind run) throws IOException, InterruptedException {
    return execute(run, ProcessGroup.SINGLE);
  }

  private RunResult execute(RunKind run, ProcessGroup processes)
      throws IOException, InterruptedException {
    try (var interruption = new Interruption(err);
        var progress = new RunProgress(err)) {
      var runner = new Runner(Kernels::select, List.of(progress), interruption.signal(), processes);
      RunResult result = runner.execute(run);
      show(result, progress);
      return result;
    }
  }

  /** Tells what came of a run. */
  void show(RunResult result, RunProgress progress) throws IOException {
    String model = result.model().map(Object::toString).orElse(null);
    json.write(new Figures(result.step(), model, progress.evaluation()));
    if (result.isInterrupted()) {
      out.println(
          "interrupted after step %d; the same command goes on from there"
              .formatted(result.step()));
    } else if (result.wasDone()) {
      out.println("already done: " + model);
    } else {
      out.println(model);
    }
    out.flush();
  }

  private static RunResult executeSilently(RunKind run, ProcessGroup processes)
      throws IOException, InterruptedException {
    try (var interruption = new Interruption(new PrintWriter(Writer.nullWriter()))) {
      return new Runner(Kernels::select, List.of(), interruption.signal(), processes).execute(run);
    }
  }
}
