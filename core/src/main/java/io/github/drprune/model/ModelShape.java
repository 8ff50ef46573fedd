package io.github.drprune.model;

import io.github.drprune.error.UserException;

/**
 * The sizes of a model that pruning changes, the same in every layer.
 *
 * @param heads query heads of a layer
 * @param kvHeads key/value heads of a layer
 */
public record ModelShape(int hiddenSize, int layers, int heads, int kvHeads, int intermediateSize) {
  public ModelShape {
    positive("hidden size", hiddenSize);
    positive("layers", layers);
    positive("heads", heads);
    positive("key/value heads", kvHeads);
    positive("intermediate size", intermediateSize);
  }

  private static void positive(String what, int value) {
    if (value < 1) {
      throw new UserException("%s: must be at least 1, not %d".formatted(what, value));
    }
  }
}
