package io.github.drprune.nn;

import org.bytedeco.pytorch.Tensor;

/** Sees what flows through a block, for measurements. */
public interface ForwardHook {
  /** Sees nothing. */
  ForwardHook NONE = new ForwardHook() {};

  /** The output of a norm, [B, T, hidden]. */
  default void normalised(Tensor x) {}

  /** What the heads gathered, before the output projection, [B, T, heads x head size]. */
  default void context(Tensor x) {}

  /** The activated product of the MLP, [B, T, intermediate]. */
  default void intermediate(Tensor x) {}
}
