package io.github.drprune.nn;

/** The implementations that a model computes with. */
public record Kernels(AttentionKernel attention, LossKernel loss) {
  /** The library's own operations throughout: the oracle of every faster choice. */
  public static final Kernels PLAIN = new Kernels(AttentionKernel.PLAIN, LossKernel.PLAIN);
}
