package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A norm over the residual stream or over heads. Under a mask its statistics cover the kept units
 * only, and its output is multiplied by the mask.
 */
public sealed interface Norm {
  /** [.., hidden] to [.., hidden]; {@code mask} may be null. */
  default Tensor forward(Tensor x, HiddenMask mask) {
    return forward(x, mask, null);
  }

  /**
   * As {@link #forward(Tensor, HiddenMask)}, with the output multiplied by {@code whole} too, a
   * scalar or null.
   */
  Tensor forward(Tensor x, HiddenMask mask, Tensor whole);

  /**
   * Gives {@code sink} the weights of the norm of a model cut by these masks.
   *
   * @param scale of the output, [hidden] or a scalar; may be null
   */
  void fold(Tensor scale, BiConsumer<Weight, Tensor> sink);

  /**
   * {@code x / sqrt(mean(x^2) + eps) * factor} (arXiv 1910.07467).
   *
   * @param fromOne whether the weight is what the factor differs from one by
   */
  record Rms(Weight weight, double eps, boolean fromOne, NormKernel kernel) implements Norm {
    @Override
    public Tensor forward(Tensor x, HiddenMask mask, Tensor whole) {
      if (mask == null) {
        Tensor factor = factor();
        return kernel.rms(x, whole == null ? factor : factor.mul(whole), eps);
      }
      return ofKept(x, HalfMasks.product(mask.scale(), whole), mask.share());
    }

    /**
     * Of x whose dropped units are zero, the output scaled.
     *
     * @param share of the units that are kept
     */
    Tensor ofKept(Tensor x, Tensor scale, double share) {
      // Dropped units of x are zero, so with r = kept / all the mean over the kept units is the
      // mean over all / r, and x / sqrt(mean / r + eps) = sqrt(r) x / sqrt(mean + r eps).
      return kernel.rms(x, Ops.mul(factor().mul(scale), Math.sqrt(share)), share * eps);
    }

    private Tensor factor() {
      return fromOne ? Ops.add(weight.tensor().to(ScalarType.Float), 1) : weight.tensor();
    }

    @Override
    public void fold(Tensor scale, BiConsumer<Weight, Tensor> sink) {
      if (scale == null || !fromOne) {
        sink.accept(weight, weight.folded(scale, null));
      } else {
        sink.accept(weight, Ops.add(factor().mul(scale), -1));
      }
    }
  }

  /** {@code (x - mean(x)) / sqrt(var(x) + eps) * weight + bias} (arXiv 1607.06450). */
  record Layer(Weight weight, Weight bias, double eps) implements Norm {
    @Override
    public Tensor forward(Tensor x, HiddenMask mask, Tensor whole) {
      if (mask == null) {
        ScalarType type = x.scalar_type();
        Tensor y = Ops.layerNorm(x, weight.tensor().to(type), bias.tensor().to(type), eps);
        return whole == null ? y : y.mul(whole);
      }
      Tensor scale = HalfMasks.product(mask.scale(), whole);
      double share = mask.share();
      Tensor wide = x.to(ScalarType.Float);
      Tensor mean = Ops.mul(Ops.meanKeeping(wide, -1), 1 / share);
      Tensor centred = wide.sub(mean).mul(mask.keep(ScalarType.Float));
      Tensor variance = Ops.mul(Ops.meanKeeping(centred.square(), -1), 1 / share);
      return centred
          .mul(Ops.add(variance, eps).rsqrt())
          .mul(weight.folded(scale, null))
          .add(bias.folded(scale, null))
          .to(x.scalar_type());
    }

    @Override
    public void fold(Tensor scale, BiConsumer<Weight, Tensor> sink) {
      sink.accept(weight, weight.folded(scale, null));
      sink.accept(bias, bias.folded(scale, null));
    }
  }
}
