package io.github.drprune.nn;

import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;

/**
 * {@code y = x W^T + b}.
 *
 * @param weight [out, in]
 * @param bias [out], or null
 * @param kernel multiplies
 */
public record Linear(Weight weight, Weight bias, LinearKernel kernel) {
  /** [.., in] to [.., out]. */
  public Tensor forward(Tensor x) {
    return kernel.apply(x, weight.tensor(), bias == null ? null : bias.tensor());
  }

  /**
   * As {@link #forward(Tensor)} with the outputs scaled by {@code rows} [out] and the inputs by
   * {@code columns} [in]. The scales are folded into the weight, which is smaller than a batch of
   * activations and makes the masked pass the cut model's.
   */
  public Tensor forward(Tensor x, Tensor rows, Tensor columns) {
    if (rows == null && columns == null) {
      return forward(x);
    }
    return kernel.apply(
        x, weight.folded(rows, columns), bias == null ? null : bias.folded(rows, null));
  }

  /** Gives {@code sink} each weight as {@link #forward(Tensor, Tensor, Tensor)} uses it. */
  void fold(Tensor rows, Tensor columns, BiConsumer<Weight, Tensor> sink) {
    sink.accept(weight, weight.folded(rows, columns));
    if (bias != null) {
      sink.accept(bias, bias.folded(rows, null));
    }
  }
}
