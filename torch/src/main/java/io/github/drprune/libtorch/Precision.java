package io.github.drprune.libtorch;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The number format that forward and backward passes compute in; master weights stay float32. */
public enum Precision {
  @JsonProperty("fp32")
  FP32(ScalarType.Float),
  @JsonProperty("bf16")
  BF16(ScalarType.BFloat16);

  private static final boolean HAS_BF16_PRODUCTS = hasBf16Products();

  private final ScalarType scalarType;

  Precision(ScalarType scalarType) {
    this.scalarType = scalarType;
  }

  /**
   * The faster of the two on {@code device}: bf16 on GPUs and on processors that multiply it, fp32
   * on the others, where bf16 products take ten times as long.
   */
  public static Precision fastestOn(Device device) {
    return device.is_cuda() || HAS_BF16_PRODUCTS ? BF16 : FP32;
  }

  private static boolean hasBf16Products() {
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("flags"))
          .findFirst()
          .filter(flags -> flags.contains(" amx_bf16") || flags.contains(" avx512_bf16"))
          .isPresent();
    } catch (IOException e) {
      return false; // not Linux as we know it: the choice that is never slow
    }
  }

  public ScalarType scalarType() {
    return scalarType;
  }
}
