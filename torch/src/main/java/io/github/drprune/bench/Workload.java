package io.github.drprune.bench;

/** What is measured. */
public enum Workload {
  /** Forward, backward, clipping and optimizer. */
  TRAIN,
  /** The same under masks, their Lagrangian included. */
  PRUNE,
  /** Losses without gradients. */
  EVALUATE,
  /** Text, token by token. */
  GENERATE
}
