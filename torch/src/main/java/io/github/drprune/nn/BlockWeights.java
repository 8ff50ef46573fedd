package io.github.drprune.nn;

/** Where the weights of a model's blocks are while it computes. */
@FunctionalInterface
public interface BlockWeights {
  /** All of them are always there. */
  BlockWeights HELD = (_, _) -> () -> {};

  /** What weights are borrowed for. */
  enum Use {
    /** A pass that records nothing. */
    FORWARD,
    /** A pass and its backward pass, which leaves gradients. */
    BACKWARD
  }

  /** The time for which weights are there. */
  interface Loan extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Makes the weights of block {@code index} be there until the loan is closed; one of a backward
   * pass is closed when the block's gradients are there. Where several processes share them all
   * borrow the same, in the same order.
   */
  Loan borrow(int index, Use use);
}
