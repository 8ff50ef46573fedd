package io.github.drprune.libtorch;

import com.fasterxml.jackson.annotation.JsonProperty;
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

  public ScalarType scalarType() {
    return scalarType;
  }
}
