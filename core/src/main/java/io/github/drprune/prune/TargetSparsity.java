package io.github.drprune.prune;

import io.github.drprune.error.UserException;

/**
 * A share of the parameters in the blocks' matrices to remove, the shape being left to the masks.
 *
 * @param sparsity in (0, 1)
 */
public record TargetSparsity(double sparsity) implements PruningTarget {
  public TargetSparsity {
    if (!(sparsity > 0 && sparsity < 1)) {
      throw new UserException(
          "target sparsity: must lie between 0 and 1 (0.5 removes half), not " + sparsity);
    }
  }
}
