package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
import io.github.drprune.nn.KvCache.Past;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A half of a transformer block: {@code after(body(norm(x)))}, which is added to the residual
 * stream.
 *
 * @param norm may be null, as may {@code after}; one of them is there
 * @param multiplier of what the residual stream takes up
 */
public record HalfBlock(Norm norm, Body body, Norm after, double multiplier) {

  /** What the body reads of the residual stream, without masks; both are [.., hidden]. */
  public Tensor read(Tensor x) {
    return norm == null ? x : norm.forward(x, null);
  }

  /** What the residual stream takes up, [.., hidden], given the body's units, without masks. */
  public Tensor write(Tensor units) {
    Tensor y = body.output().forward(units);
    Tensor last = after == null ? y : after.forward(y, null);
    return multiplier == 1 ? last : Ops.mul(last, multiplier);
  }

  /** What the residual stream takes up, [B, T, hidden]; {@code hook} sees what flows through. */
  Tensor forward(Tensor x, HalfMasks masks, Past past, ForwardHook hook) {
    Tensor read = norm == null ? x : norm.forward(x, masks.hidden());
    Tensor y =
        after == null
            ? body.forward(read, masks, masks.rows(), past, hook)
            : normalised(read, masks, past, hook);
    hook.normalised(norm == null ? y : read);
    return multiplier == 1 ? y : Ops.mul(y, multiplier);
  }

  /** The norm takes its statistics over the kept units; the body puts out zeros elsewhere. */
  private Tensor normalised(Tensor read, HalfMasks masks, Past past, ForwardHook hook) {
    HiddenMask hidden = masks.hidden();
    Tensor kept = hidden == null ? null : hidden.keep(ScalarType.Float);
    Tensor y = body.forward(read, masks, kept, past, hook);
    return after.forward(y, hidden, masks.whole());
  }

  /** Gives {@code sink} the weights that {@code masks} change, scaled, at their full size. */
  void fold(HalfMasks masks, BiConsumer<Weight, Tensor> sink) {
    if (norm != null) {
      norm.fold(HalfMasks.scale(masks.hidden()), sink);
    }
    Linear output = body.output();
    Tensor columns = masks.columns(output.weight().tensor().size(1));
    output.fold(after == null ? masks.rows() : null, columns, sink);
    if (after != null) {
      after.fold(masks.rows(), sink);
    }
  }
}
