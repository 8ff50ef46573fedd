package io.github.drprune.nn;

import io.github.drprune.safetensors.Dtype;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A learned tensor of a checkpoint.
 *
 * @param name its key in the checkpoint
 * @param axes what its dimensions count, [rows] or [rows, columns]
 * @param tensor the leaf that training updates: float32, or the compute type where nothing is
 *     trained
 * @param compute the type that passes compute in
 * @param stored the type it has in the checkpoint
 */
public record Weight(
    String name, List<Axis> axes, Tensor tensor, ScalarType compute, Dtype stored) {
  public Weight {
    axes = List.copyOf(axes);
  }

  /** The weight in the compute type. */
  public Tensor value() {
    return tensor.to(compute);
  }

  /**
   * The weight with its rows and columns scaled, in the type it is kept in, so that folding rounds
   * once; a null scale is none.
   *
   * @param rows [rows] or a scalar
   * @param columns [columns]; only for matrices
   */
  public Tensor folded(Tensor rows, Tensor columns) {
    Tensor folded = tensor;
    if (columns != null) {
      folded = folded.mul(columns);
    }
    if (rows != null) {
      boolean perRowOfMatrix = axes.size() == 2 && rows.dim() == 1;
      folded = folded.mul(perRowOfMatrix ? rows.unsqueeze(1) : rows);
    }
    return folded;
  }
}
