package io.github.drprune.safetensors;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The element types of the safetensors format, under the names it gives them. Weights are F32, BF16
 * or F16; the others are known so that files holding them can be listed, checked and copied.
 */
public enum Dtype {
  F32(32),
  BF16(16),
  F16(16),
  F64(64),
  C64(64),
  I64(64),
  I32(32),
  I16(16),
  I8(8),
  U64(64),
  U32(32),
  U16(16),
  U8(8),
  BOOL(8),
  F8_E4M3(8),
  F8_E5M2(8),
  F8_E8M0(8),
  F6_E2M3(6),
  F6_E3M2(6),
  F4(4);

  private final int bits;

  Dtype(int bits) {
    this.bits = bits;
  }

  /** Bits of one element; the smallest types do not fill a byte. */
  public int bits() {
    return bits;
  }

  /** Whether a model's weights may have this type. */
  public boolean isWeight() {
    return switch (this) {
      case F32, BF16, F16 -> true;
      case F64, C64, I64, I32, I16, I8, U64, U32, U16, U8, BOOL -> false;
      case F8_E4M3, F8_E5M2, F8_E8M0, F6_E2M3, F6_E3M2, F4 -> false;
    };
  }

  /** The type of that name; an {@link IllegalArgumentException} names those there are. */
  static Dtype named(String name) {
    return Arrays.stream(values())
        .filter(dtype -> dtype.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "dtype %s is none of the format's %s"
                        .formatted(
                            Quoted.of(name),
                            Arrays.stream(values())
                                .map(Dtype::name)
                                .collect(Collectors.joining(", ")))));
  }
}
