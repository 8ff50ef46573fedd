package io.github.drprune.plan;

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
  /** Tokens that both stages take steps on. */
  public long tokens() {
    return runs().mapToLong(RunPlan::tokens).sum();
  }

  /** Of both stages. */
  public double seconds() {
    return runs().mapToDouble(RunPlan::seconds).sum();
  }

  /** Without evaluations and checkpoints. */
  public double secondsOfSteps() {
    return runs().mapToDouble(run -> run.steps() * run.stepSeconds()).sum();
  }

  private Stream<RunPlan> runs() {
    return Stream.of(prune, train).filter(Objects::nonNull);
  }
}
