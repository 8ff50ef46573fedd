package io.github.drprune.model;

import io.github.drprune.error.UserException;

/** Refuses what no sound model computes. */
public final class ModelOutput {
  private ModelOutput() {}

  /**
   * Refuses logits or log-probabilities that are no numbers.
   *
   * @throws UserException where one is NaN or infinite
   */
  public static void requireFinite(float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new UserException(
            "model: computes NaN or infinity, though its weights are finite: they are too large,"
                + " as after a training that diverged; use another checkpoint");
      }
    }
  }
}
