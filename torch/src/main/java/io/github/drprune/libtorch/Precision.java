package io.github.drprune.libtorch;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The number format that forward and backward passes compute in; master weights stay float32. */
public enum Precision {
  @JsonProperty("fp32")
  FP32(ScalarType.Float),
  @JsonProperty("bf16")
  BF16(ScalarType.BFloat16);

  private final ScalarType scalarType;

  Precision(ScalarType scalarType) {
    this.scalarType = scalarType;
  }

  /**
   * The faster of the two on {@code device}: bf16 on GPUs and on processors that multiply it, fp32
   * on the others, where bf16 products take ten times as long.
   */
  public static Precision fastestOn(Device device) {
    return device.is_cuda() || Bf16.ofProcessor() != Bf16.EMULATED ? BF16 : FP32;
  }

  /** Bytes of a number. */
  public int bytes() {
    return this == FP32 ? Float.BYTES : Short.BYTES;
  }

  public ScalarType scalarType() {
    return scalarType;
  }
}
