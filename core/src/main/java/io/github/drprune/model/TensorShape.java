package io.github.drprune.model;

import java.util.List;

/**
 * A tensor that a model is made of.
 *
 * @param name its key in a checkpoint
 * @param layer the layer it belongs to, or -1
 * @param axes what its dimensions count
 * @param sizes their lengths
 */
public record TensorShape(String name, TensorRole role, int layer, List<Axis> axes, long[] sizes) {
  /** Numbers in it. */
  public long elements() {
    long elements = 1;
    for (long size : sizes) {
      elements *= size;
    }
    return elements;
  }

  /** Whether it is a matrix that multiplies what is read of the residual stream. */
  public boolean readsResidual() {
    return isMatrix() && role.readsResidual();
  }

  /** Whether it is a matrix of a block. */
  public boolean isBlockMatrix() {
    return layer >= 0 && isMatrix();
  }

  public boolean isMatrix() {
    return axes.size() == 2;
  }

  /** Whether it is added rather than multiplied. */
  public boolean isBias() {
    return name.endsWith(".bias");
  }
}
