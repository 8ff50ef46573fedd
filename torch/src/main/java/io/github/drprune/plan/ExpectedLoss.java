package io.github.drprune.plan;

import io.github.drprune.model.ModelSummary;
import io.github.drprune.run.EventLog;
import io.github.drprune.run.RunEvent;
import io.github.drprune.scaling.ScalingFit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The mean held-out loss that training is expected to end at, in nats per token: the 95% interval
 * of the scaling law through the evaluations of a run of the same model, which may be the beginning
 * of this one or one with a smaller budget.
 *
 * @param evaluations that the law was fitted to
 * @param tokens of training up to the last of them
 */
public record ExpectedLoss(double low, double high, int evaluations, long tokens) {
  /** How many times farther than it has seen a curve is believed; see docs/running.md. */
  private static final double FARTHEST = 4.5;

  /**
   * What the run in {@code folder} lets expect of {@code model} after {@code wanted} tokens; empty
   * where no such run is there, where it went that far itself, or where its evaluations do not
   * determine the law.
   */
  static Optional<ExpectedLoss> of(Path folder, ModelSummary model, long wanted)
      throws IOException {
    if (!Files.isRegularFile(folder.resolve(EventLog.FILE_NAME))) {
      return Optional.empty();
    }
    TreeMap<Long, RunEvent.Evaluation> byStep = new TreeMap<>();
    for (RunEvent event : EventLog.read(folder)) {
      if (event instanceof RunEvent.Start start) {
        if (start.source() == null || start.source().parameters() != model.parameters()) {
          return Optional.empty();
        }
        byStep.tailMap(start.step(), false).clear(); // steps that a resumed run takes again
      } else if (event instanceof RunEvent.Evaluation evaluation && evaluation.tokens() > 0) {
        byStep.put(evaluation.step(), evaluation);
      }
    }
    if (byStep.size() < ScalingFit.MIN_POINTS) {
      return Optional.empty();
    }
    long seen = byStep.lastEntry().getValue().tokens();
    if (wanted <= seen || wanted > FARTHEST * seen) {
      return Optional.empty();
    }
    var evaluations = byStep.values();
    var fit =
        ScalingFit.of(
            evaluations.stream().mapToDouble(RunEvent.Evaluation::tokens).toArray(),
            null,
            evaluations.stream().mapToDouble(RunEvent.Evaluation::meanLoss).toArray(),
            wanted,
            0);
    return fit.determined()
        ? Optional.of(new ExpectedLoss(fit.low(), fit.high(), byStep.size(), seen))
        : Optional.empty();
  }
}
