package io.github.drprune.nn;

import io.github.drprune.nn.KvCache.Past;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;

/** A half of a transformer block: {@code body(norm(x))}, which is added to the residual stream. */
public record HalfBlock(Norm norm, Body body) {

  /** What the residual stream takes up, [B, T, hidden]; {@code hook} sees what flows through. */
  Tensor forward(Tensor x, HalfMasks masks, Past past, ForwardHook hook) {
    Tensor normalised = norm.forward(x, masks.hidden());
    hook.normalised(normalised);
    return body.forward(normalised, masks, past, hook);
  }

  /** Gives {@code sink} the weights that {@code masks} change, scaled, at their full size. */
  void fold(HalfMasks masks, BiConsumer<Weight, Tensor> sink) {
    norm.fold(masks.hidden(), sink);
    Linear output = body.output();
    output.fold(masks.rows(), masks.columns(output.weight().tensor().size(1)), sink);
  }
}
