package io.github.drprune.plan;

import io.github.drprune.config.RunConfig;
import io.github.drprune.model.ModelSummary;
import java.util.Collections;
import java.util.SequencedMap;

/**
 * What a run will take, found out before it begins.
 *
 * @param teacher the model to learn from; null without distillation
 * @param target the shape pruned towards; null where only a sparsity is asked for or nothing pruned
 * @param tokens of training in all
 * @param epochs of each domain at the weights that the run begins with
 * @param processes that compute it together
 * @param memoryBytes peak resident memory of each process, or of weights, gradients and moments
 *     alone on a device; without steps the most that models take and what they compute
 * @param availableBytes that each process can have; null on a device
 * @param sentBytes that each process sends to others in a step
 * @param stepSeconds of one optimizer step; this and what follows are null without steps, of which
 *     nothing is timed
 * @param evaluationSeconds of one evaluation
 * @param checkpointSeconds of one checkpoint
 * @param checkpointBytes of one checkpoint
 * @param seconds of the whole run
 * @param expectedLoss at its end; null where nothing is known of it
 */
public record RunPlan(
    ModelSummary source,
    ModelSummary teacher,
    ModelSummary target,
    long steps,
    long tokens,
    SequencedMap<String, Double> epochs,
    int processes,
    long memoryBytes,
    Long availableBytes,
    long sentBytes,
    Double stepSeconds,
    Double evaluationSeconds,
    Double checkpointSeconds,
    Long checkpointBytes,
    Double seconds,
    ExpectedLoss expectedLoss) {
  /** A cut in one shot, which one process makes. */
  static RunPlan ofCut(
      ModelSummary source, ModelSummary target, long memoryBytes, Long availableBytes) {
    return new RunPlan(
        source,
        null,
        target,
        0,
        0,
        Collections.emptySortedMap(),
        1,
        memoryBytes,
        availableBytes,
        0,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  /** Whether anything is learned. */
  public boolean takesSteps() {
    return steps > 0;
  }

  /**
   * Seconds of a run of {@code config}.
   *
   * @param step seconds of one step
   * @param evaluation seconds of one evaluation
   * @param checkpoint seconds of one checkpoint
   */
  static double seconds(RunConfig config, double step, double evaluation, double checkpoint) {
    long evaluations = 1 + Math.ceilDiv(config.steps(), config.evaluationInterval());
    // The last step writes both a checkpoint and the result, a third as large.
    double checkpoints = Math.ceilDiv(config.steps(), config.checkpointInterval()) + 1 / 3.0;
    return config.steps() * step + evaluations * evaluation + checkpoints * checkpoint;
  }

  /**
   * Seconds of a run that differs from the one planned by its number of steps and what goes by it.
   *
   * @param planned what this is the plan of
   */
  double secondsOf(RunConfig other, RunConfig planned) {
    double step = stepSeconds * other.globalBatch() / planned.globalBatch();
    return seconds(other, step, evaluationSeconds, checkpointSeconds);
  }
}
