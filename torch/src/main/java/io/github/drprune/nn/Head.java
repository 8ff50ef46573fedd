package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The language-model head: from a final norm's output to logits.
 *
 * @param weight [vocabulary, hidden], of any type: rounded to that of the hidden states where that
 *     is narrower
 */
public record Head(Tensor weight) {
  /** Words that it knows. */
  long vocabulary() {
    return weight.size(0);
  }

  /** The library's own logits [.., vocabulary] of hidden states [.., hidden], in their type. */
  Tensor logits(Tensor hidden) {
    return Ops.linear(hidden, weightFor(hidden, hidden.scalar_type()), null);
  }

  /** The weight that {@code hidden} is multiplied with, in the product's type. */
  Tensor weightFor(Tensor hidden, ScalarType product) {
    return weight.to(hidden.scalar_type()).to(product);
  }
}
