package io.github.drprune.optim;

import io.github.drprune.distributed.ProcessGroup.Pending;
import io.github.drprune.nn.BlockWeights;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/**
 * Sums of gradients over all processes, part by part, those of late blocks while the backward pass
 * is still at the blocks before them. Every process starts them in the same order.
 */
final class GradientSums implements BlockWeights {
  /**
   * Gradients that are sent together.
   *
   * @param firstBlock whose gradients are the last of them to be there; -1 for those that are only
   *     there after the pass
   */
  record Part(Tensor gradients, int firstBlock) {}

  private static final Loan NOTHING_TO_DO = () -> {};

  private final List<Part> parts;
  private final Function<Tensor, Pending> sum;
  private final List<Pending> started = new ArrayList<>();
  private boolean isLastPass;

  /**
   * @param parts late blocks first, those of no block last
   * @param sum starts the sum of one of them
   */
  GradientSums(List<Part> parts, Function<Tensor, Pending> sum) {
    this.parts = List.copyOf(parts);
    this.sum = sum;
  }

  /** The backward pass that follows completes the gradients. */
  void expectLastPass() {
    isLastPass = true;
  }

  /** The weights are there; the end of the loan tells that the block's gradients are. */
  @Override
  public Loan borrow(int index, Use use) {
    return use == Use.BACKWARD ? () -> startFrom(index) : NOTHING_TO_DO;
  }

  private void startFrom(int block) {
    while (isLastPass
        && started.size() < parts.size()
        && parts.get(started.size()).firstBlock() >= block) {
      startNext();
    }
  }

  /** Starts what is left to be summed. */
  void start() {
    while (started.size() < parts.size()) {
      startNext();
    }
  }

  private void startNext() {
    started.add(sum.apply(parts.get(started.size()).gradients()));
  }

  /** Returns when all that was started is summed. */
  void await() {
    started.forEach(Pending::await);
    started.clear();
    isLastPass = false;
  }
}
