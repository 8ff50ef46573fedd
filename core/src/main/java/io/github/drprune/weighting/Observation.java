package io.github.drprune.weighting;

import io.github.drprune.error.UserException;

/**
 * What an evaluation saw, by domain in the order of the data.
 *
 * @param step optimizer steps done
 * @param totalSteps of the run
 * @param tokens training tokens seen of each domain
 * @param losses held-out losses, nats per token; not looked at where the weights follow the
 *     training losses
 * @param sparsity expected sparsity now; NaN where nothing is pruned
 * @param finalSparsity expected sparsity at the end of the run; NaN where nothing is pruned
 */
public record Observation(
    long step,
    long totalSteps,
    long[] tokens,
    double[] losses,
    double sparsity,
    double finalSparsity) {
  public Observation {
    if (step < 0 || totalSteps < 1 || step > totalSteps) {
      throw new UserException(
          "domain weighting: step %d of %d is not in a run".formatted(step, totalSteps));
    }
    if (Double.isNaN(sparsity) != Double.isNaN(finalSparsity)
        || sparsity < 0
        || sparsity > 1
        || finalSparsity < 0
        || finalSparsity > 1) {
      throw new UserException(
          "domain weighting: sparsity now %s and at the end %s must both be within [0, 1], or both absent"
              .formatted(sparsity, finalSparsity));
    }
    tokens = tokens.clone();
    losses = losses.clone();
  }

  /** An evaluation while nothing is pruned. */
  public static Observation unpruned(long step, long totalSteps, long[] tokens, double[] losses) {
    return new Observation(step, totalSteps, tokens, losses, Double.NaN, Double.NaN);
  }

  boolean isPruning() {
    return !Double.isNaN(sparsity);
  }

  /** Whether this share of the run's steps is done. */
  boolean isFrom(double share) {
    return step >= share * totalSteps;
  }
}
