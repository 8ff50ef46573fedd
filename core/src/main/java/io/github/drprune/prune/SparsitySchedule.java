package io.github.drprune.prune;

import io.github.drprune.error.UserException;

/**
 * How the target sparsity of every module rises to its full value, linearly from {@code start}.
 *
 * @param start sparsity at step 0, in [0, 1)
 * @param warmup steps until the full target; 0 asks for it from the first step
 */
public record SparsitySchedule(double start, long warmup) {
  public SparsitySchedule {
    if (!(start >= 0 && start < 1)) {
      throw new UserException("start sparsity: must lie in [0, 1), not " + start);
    }
    if (warmup < 0) {
      throw new UserException("sparsity warmup: must not be negative, not " + warmup);
    }
  }

  /** The target at {@code step} of a module whose full target is {@code sparsity}. */
  public double at(long step, double sparsity) {
    double progress = warmup == 0 ? 1 : Math.min(1, (double) step / warmup);
    return start + progress * (sparsity - start);
  }
}
