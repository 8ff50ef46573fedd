package io.github.drprune.plan;

/**
 * What a pipeline's budget will go into.
 *
 * @param spending what was chosen for the budget, in a line; null without a budget
 * @param tokensPerParameter tokens of training for each parameter of the source
 * @param prune null where the cut takes no steps
 */
public record PipelinePlan(
    String spending, double tokensPerParameter, RunPlan prune, RunPlan train) {}
