package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A norm over the residual stream. Under a mask its statistics cover the kept units only, and its
 * output is multiplied by the mask.
 */
public sealed interface Norm {
  /** [.., hidden] to [.., hidden]; {@code mask} may be null. */
  Tensor forward(Tensor x, HiddenMask mask);

  /** Gives {@code sink} the weights of the norm of a model cut by {@code mask}. */
  void fold(HiddenMask mask, BiConsumer<Weight, Tensor> sink);

  /** {@code x / sqrt(mean(x^2) + eps) * weight} (arXiv 1910.07467). */
  record Rms(Weight weight, double eps, NormKernel kernel) implements Norm {
    @Override
    public Tensor forward(Tensor x, HiddenMask mask) {
      if (mask == null) {
        return kernel.rms(x, weight.tensor(), eps);
      }
      // Dropped units of x are zero, so with r = kept / all the mean over the kept units is the
      // mean over all / r, and x / sqrt(mean / r + eps) = sqrt(r) x / sqrt(mean + r eps).
      double share = mask.share();
      Tensor scaled = Ops.mul(weight.folded(mask.scale(), null), Math.sqrt(share));
      return kernel.rms(x, scaled, share * eps);
    }

    @Override
    public void fold(HiddenMask mask, BiConsumer<Weight, Tensor> sink) {
      sink.accept(weight, weight.folded(mask == null ? null : mask.scale(), null));
    }
  }

  /** {@code (x - mean(x)) / sqrt(var(x) + eps) * weight + bias} (arXiv 1607.06450). */
  record Layer(Weight weight, Weight bias, double eps) implements Norm {
    @Override
    public Tensor forward(Tensor x, HiddenMask mask) {
      if (mask == null) {
        ScalarType type = x.scalar_type();
        return Ops.layerNorm(x, weight.tensor().to(type), bias.tensor().to(type), eps);
      }
      double share = mask.share();
      Tensor wide = x.to(ScalarType.Float);
      Tensor mean = Ops.mul(Ops.meanKeeping(wide, -1), 1 / share);
      Tensor centred = wide.sub(mean).mul(mask.keep(ScalarType.Float));
      Tensor variance = Ops.mul(Ops.meanKeeping(centred.square(), -1), 1 / share);
      return centred
          .mul(Ops.add(variance, eps).rsqrt())
          .mul(weight.folded(mask.scale(), null))
          .add(bias.folded(mask.scale(), null))
          .to(x.scalar_type());
    }

    @Override
    public void fold(HiddenMask mask, BiConsumer<Weight, Tensor> sink) {
      Tensor scale = mask == null ? null : mask.scale();
      sink.accept(weight, weight.folded(scale, null));
      sink.accept(bias, bias.folded(scale, null));
    }
  }
}
