package io.github.drprune.nn;

import io.github.drprune.model.TensorShape;
import io.github.drprune.safetensors.Dtype;
import org.bytedeco.pytorch.Tensor;

/**
 * A learned tensor of a checkpoint.
 *
 * @param shape what it is in the model
 * @param tensor the leaf that training updates: float32, or the compute type where nothing is
 *     trained
 * @param stored the type it has in the checkpoint
 */
public record Weight(TensorShape shape, Tensor tensor, Dtype stored) {
  /** Its key in the checkpoint. */
  public String name() {
    return shape.name();
  }

  /**
   * The weight with its rows and columns scaled, in the type it is kept in, so that folding rounds
   * once; a null scale is none.
   *
   * @param rows [rows] or a scalar
   * @param columns [columns]; only for matrices
   */
  public Tensor folded(Tensor rows, Tensor columns) {
    if (columns != null && rows != null && rows.dim() == 1) {
      // One product of scales: the gradients of both then come from matrix-vector products, which
      // cost a third less than those of two products over the weight.
      return tensor.mul(rows.unsqueeze(1).matmul(columns.unsqueeze(0)));
    }
    Tensor folded = columns == null ? tensor : tensor.mul(columns);
    if (rows == null) {
      return folded;
    }
    boolean perRowOfMatrix = shape.isMatrix() && rows.dim() == 1;
    return folded.mul(perRowOfMatrix ? rows.unsqueeze(1) : rows);
  }
}
