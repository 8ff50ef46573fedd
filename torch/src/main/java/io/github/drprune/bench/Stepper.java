package io.github.drprune.bench;

import io.github.drprune.train.Objective;

/** The ways to take an optimizer step; the learning rate is too small to move a benchmark. */
interface Stepper extends AutoCloseable {
  double RATE = 1e-6;

  /** Takes a step on the benchmark's batch. */
  void step(Objective objective);

  /** Clips the gradients that there are and updates the parameters. */
  void update();

  /** A step whose loss is not finite takes another time than others. */
  static void requireFinite(double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalStateException("the benchmark's loss is not finite");
    }
  }

  @Override
  void close();
}
