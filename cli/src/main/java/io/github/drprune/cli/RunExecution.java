package io.github.drprune.cli;

import io.github.drprune.nn.Kernels;
import io.github.drprune.run.RunEvent;
import io.github.drprune.run.RunResult;
import io.github.drprune.run.Runner;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;

/** Executes a run in front of the user: progress, interruption, and what came of it. */
final class RunExecution {
  /** The figures of a run. */
  record Figures(long step, String model, RunEvent.Evaluation evaluation) {}

  @FunctionalInterface
  interface Work {
    RunResult run(Runner runner) throws IOException, InterruptedException;
  }

  private RunExecution() {}

  static RunResult execute(Work work, PrintWriter out, PrintWriter err, JsonOption json)
      throws IOException, InterruptedException {
    try (var interruption = new Interruption(err);
        var progress = new RunProgress(err)) {
      var runner = new Runner(Kernels::select, List.of(progress), interruption.signal());
      RunResult result = work.run(runner);
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
      return result;
    }
  }
}
