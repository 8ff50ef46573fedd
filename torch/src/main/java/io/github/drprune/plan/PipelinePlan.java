package io.github.drprune.plan;

import io.github.drprune.config.PipelineConfig;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What a pipeline's budget will go into.
 *
 * @param spending what was chosen for the budget, in a line; null without a budget
 * @param tokensPerParameter tokens of training for each parameter of the source
 * @param prune null where the cut takes no steps
 */
public record PipelinePlan(
    String spending, double tokensPerParameter, RunPlan prune, RunPlan train) {
  /** Of both stages. */
  public double seconds() {
    return Stream.of(prune, train).filter(Objects::nonNull).mapToDouble(RunPlan::seconds).sum();
  }

  /**
   * Seconds of both stages of a pipeline that has another budget than the one planned.
   *
   * @param planned what this is the plan of
   */
  public double secondsOf(PipelineConfig other, PipelineConfig planned) {
    double pruning =
        prune == null
            ? 0
            : prune.secondsOf(
                other.prune().orElseThrow().run(), planned.prune().orElseThrow().run());
    return pruning
        + train.secondsOf(other.train().orElseThrow().run(), planned.train().orElseThrow().run());
  }
}
