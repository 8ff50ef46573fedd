package io.github.drprune.model;

import io.github.drprune.error.UserException;

/**
 * The sizes of a model that pruning changes, the same in every layer.
 *
 * @param heads query heads of a layer
 * @param kvHeads key/value heads of a layer
 */
public record ModelShape(int hiddenSize, int layers, int heads, int kvHeads, int intermediateSize) {
  /** Far above all models there are; a file that claims more is wrong, and sums stay in a long. */
  private static final int MOST_UNITS = 1 << 22;

  private static final int MOST_LAYERS = 1 << 14;
  static final int MOST_HEADS = 1 << 14;

  public ModelShape {
    within("hidden size", hiddenSize, MOST_UNITS);
    within("layers", layers, MOST_LAYERS);
    within("heads", heads, MOST_HEADS);
    within("key/value heads", kvHeads, MOST_HEADS);
    within("intermediate size", intermediateSize, MOST_UNITS);
  }

  static void within(String what, int value, int most) {
    if (value < 1 || value > most) {
      throw new UserException(
          "%s: must be between 1 and %,d, not %,d".formatted(what, most, value));
    }
  }
}
