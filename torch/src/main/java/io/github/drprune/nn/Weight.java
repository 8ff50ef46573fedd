package io.github.drprune.nn;

import io.github.drprune.safetensors.Dtype;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * A learned tensor of a checkpoint.
 *
 * @param name its key in the checkpoint
 * @param axes what its dimensions count, [rows] or [rows, columns]
 * @param tensor the leaf that training updates: float32, or the compute type where nothing is
 *     trained
 * @param stored the type it has in the checkpoint
 */
public record Weight(String name, List<Axis> axes, Tensor tensor, Dtype stored) {
  public Weight {
    axes = List.copyOf(axes);
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
    boolean perRowOfMatrix = axes.size() == 2 && rows.dim() == 1;
    return folded.mul(perRowOfMatrix ? rows.unsqueeze(1) : rows);
  }
}
