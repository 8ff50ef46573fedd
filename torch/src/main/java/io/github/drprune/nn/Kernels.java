package io.github.drprune.nn;

import io.github.drprune.libtorch.LibTorch;
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
  public static final Kernels PLAIN =
      new Kernels(
          AttentionKernel.PLAIN,
          LossKernel.PLAIN,
          LinearKernel.PLAIN,
          NormKernel.PLAIN,
          RotaryKernel.PLAIN,
          GateKernel.PLAIN);

  /** Logits of a chunk, 32 MiB in bf16: fewer make the head's products slow. */
  private static final long LOGITS = 1 << 24;

  private static final long ATTENTION_BLOCK = 256;

  /** The fastest on {@code device}, which computes in {@code precision}. */
  public static Kernels select(Device device, Precision precision) {
    return device.is_cuda() ? cuda(precision) : cpu(precision, LibTorch.multipliesNarrow(device));
  }

  /** The library's flash attention, norms and products; only the head's memory needs care. */
  static Kernels cuda(Precision precision) {
    return new Kernels(
        AttentionKernel.PLAIN,
        new ChunkedLoss(precision.scalarType(), 16 * LOGITS),
        LinearKernel.PLAIN,
        NormKernel.PLAIN,
        new InPlaceRotary(),
        GateKernel.PLAIN);
  }

  /**
   * @param narrowProducts whether the processor multiplies bf16 matrices faster than float32 ones
   */
  static Kernels cpu(Precision precision, boolean narrowProducts) {
    ScalarType product = narrowProducts ? precision.scalarType() : ScalarType.Float;
    AttentionKernel several =
        precision == Precision.FP32
            ? AttentionKernel.PLAIN
            : new BlockedAttention(product, ATTENTION_BLOCK);
    return new Kernels(
        new SingleQueryAttention(product, several),
        new ChunkedLoss(product, LOGITS),
        new SingleRowLinear(product == ScalarType.Float ? new Float32Linear() : LinearKernel.PLAIN),
        new RunwiseNorm(),
        new InPlaceRotary(),
        new RecomputedGate());
  }
}
