package io.github.drprune.libtorch;

import io.github.drprune.safetensors.Dtype;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The element types of weights in files and in tensors. */
public final class Dtypes {
  private Dtypes() {}

  /**
   * The tensor type of a weight type.
   *
   * @throws IllegalArgumentException for a type that weights do not have
   */
  public static ScalarType scalarType(Dtype dtype) {
    return switch (dtype) {
      case F32 -> ScalarType.Float;
      case BF16 -> ScalarType.BFloat16;
      case F16 -> ScalarType.Half;
      default -> throw new IllegalArgumentException(dtype + " is no type of weights");
    };
  }

  /** The name that a checkpoint's {@code torch_dtype} gives a weight type. */
  public static String torchName(Dtype dtype) {
    return switch (dtype) {
      case F32 -> "float32";
      case BF16 -> "bfloat16";
      case F16 -> "float16";
      default -> throw new IllegalArgumentException(dtype + " is no type of weights");
    };
  }
}
