package io.github.drprune.nn;

import io.github.drprune.libtorch.Bf16;
import io.github.drprune.libtorch.MixedOps;
import io.github.drprune.libtorch.OneDnn;
import io.github.drprune.libtorch.Precision;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The implementations that a model computes with. */
public record Kernels(
    AttentionKernel attention,
    LossKernel loss,
    LinearKernel linear,
    NormKernel norm,
    RotaryKernel rotary,
    GateKernel gate) {
  /** The library's own operations throughout: the oracle of every faster choice. */
  public static final Kernels REFERENCE =
      new Kernels(
          AttentionKernel.REFERENCE,
          LossKernel.REFERENCE,
          LinearKernel.REFERENCE,
          NormKernel.REFERENCE,
          RotaryKernel.REFERENCE,
          GateKernel.REFERENCE);

  /** Logits of a chunk, 64 MiB in bf16: fewer make the head's products slow. */
  private static final long LOGITS = 1 << 25;

  private static final long ATTENTION_BLOCK = 128;

  /** The fastest on {@code device}, which computes in {@code precision}. */
  public static Kernels select(Device device, Precision precision) {
    return device.is_cuda() ? cuda(precision) : cpu(precision, Bf16.ofProcessor());
  }

  /** The library's flash attention, norms and products; only the head's memory needs care. */
  static Kernels cuda(Precision precision) {
    return new Kernels(
        AttentionKernel.REFERENCE,
        new ChunkedLoss(MixedOps.LIBRARY, precision.scalarType(), 8 * LOGITS),
        LinearKernel.REFERENCE,
        NormKernel.REFERENCE,
        new InPlaceRotary(),
        GateKernel.REFERENCE);
  }

  /**
   * @param bf16 how the processor multiplies bf16
   */
  static Kernels cpu(Precision precision, Bf16 bf16) {
    ScalarType product = bf16 == Bf16.EMULATED ? ScalarType.Float : precision.scalarType();
    AttentionKernel several =
        precision == Precision.FP32
            ? AttentionKernel.REFERENCE
            : new BlockedAttention(bf16, ATTENTION_BLOCK);
    return new Kernels(
        new SingleQueryAttention(product, several),
        new ChunkedLoss(OneDnn.CPU, product, LOGITS),
        new SingleRowLinear(new OneDnnLinear(product)),
        new OneDnnNorm(product),
        new InPlaceRotary(),
        new RecomputedGate());
  }
}
