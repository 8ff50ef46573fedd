package io.github.drprune.optim;

import io.github.drprune.nn.BlockWeights;

/**
 * A group of which every process computes all gradients: they are summed over the processes, part
 * by part.
 */
interface SummedGroup extends GroupState, BlockWeights {
  GradientSums sums();

  @Override
  default void expectLastPass() {
    sums().expectLastPass();
  }

  @Override
  default Loan borrow(int index, Use use) {
    return sums().borrow(index, use);
  }

  @Override
  default void startSums() {
    sums().start();
  }

  @Override
  default void awaitSums() {
    sums().await();
  }
}
