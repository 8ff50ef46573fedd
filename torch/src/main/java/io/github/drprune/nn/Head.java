package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The language-model head: from a final norm's output to logits.
 *
 * @param weight [vocabulary, hidden], of any type: rounded to that of the hidden states where that
 *     is narrower
 * @param scale of the products
 * @param cap logits become {@code cap * tanh(logit / cap)}
 */
public record Head(Tensor weight, double scale, OptionalDouble cap) {
  /** The plain products. */
  public Head(Tensor weight) {
    this(weight, 1, OptionalDouble.empty());
  }

  /** Words that it knows. */
  long vocabulary() {
    return weight.size(0);
  }

  /** The library's own logits [.., vocabulary] of hidden states [.., hidden], in their type. */
  Tensor logits(Tensor hidden) {
    return logitsOf(Ops.linear(hidden, weightFor(hidden, hidden.scalar_type()), null));
  }

  /** Logits of the products of hidden states and weight, in their type. */
  public Tensor logitsOf(Tensor products) {
    return capped(scale == 1 ? products : Ops.mul(products, scale));
  }

  /** Scaled products with the cap that there may be. */
  Tensor capped(Tensor x) {
    return cap.isEmpty() ? x : Ops.mul(Ops.mul(x, 1 / cap.getAsDouble()).tanh(), cap.getAsDouble());
  }

  /** Capped products in float32; products as they are where there is no cap. */
  Tensor cappedWide(Tensor products) {
    return cap.isEmpty() ? products : capped(products.to(ScalarType.Float));
  }

  /** A gradient of the logits as one of the scaled products; it is used up. */
  Tensor throughCap(Tensor gradient, Tensor logits) {
    return cap.isEmpty() ? gradient : gradient.mul_(slopes(logits));
  }

  /** What logits change by as the scaled products do, where they are capped. */
  private Tensor slopes(Tensor logits) {
    return Ops.add(Ops.mul(logits.square(), -1 / (cap.getAsDouble() * cap.getAsDouble())), 1);
  }

  /** The weight that {@code hidden} is multiplied with, in the product's type. */
  Tensor weightFor(Tensor hidden, ScalarType product) {
    return weight.to(hidden.scalar_type()).to(product);
  }
}
