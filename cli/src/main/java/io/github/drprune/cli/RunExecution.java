package io.github.drprune.cli;

import io.github.drprune.nn.Kernels;
import io.github.drprune.run.RunEvent;
import io.github.drprune.run.RunExecutor;
import io.github.drprune.run.RunKind;
import io.github.drprune.run.RunResult;
import io.github.drprune.run.Runner;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;

/**
 * Executes runs in front of the user: progress, interruption, and what came of it.
 *
 * @param out for what came of it
 * @param err for the way there
 */
record RunExecution(PrintWriter out, PrintWriter err, JsonOption json) implements RunExecutor {
  /** The figures of a run. */
  record Figures(long step, String model, RunEvent.Evaluation evaluation) {}

  @Override
  public RunResult execute(RunKind run) throws IOException, InterruptedException {
    try (var interruption = new Interruption(err);
        var progress = new RunProgress(err)) {
      var runner = new Runner(Kernels::select, List.of(progress), interruption.signal());
      RunResult result = runner.execute(run);
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
