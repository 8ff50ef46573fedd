package io.github.drprune.model;

import io.github.drprune.nn.Axis;
import java.util.List;

/**
 * A tensor that a configuration asks for.
 *
 * @param layer the block it belongs to, or -1
 * @param axes what its dimensions count
 * @param sizes their lengths
 */
public record TensorShape(String name, int layer, List<Axis> axes, long[] sizes) {
  /** Numbers in it. */
  public long elements() {
    long elements = 1;
    for (long size : sizes) {
      elements *= size;
    }
    return elements;
  }
}
