package io.github.drprune.safetensors;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The numbers of stored weights, as floats and back. */
public final class WeightValues {
  private static final ValueLayout.OfFloat SINGLE =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort HALF =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private WeightValues() {}

  /**
   * Reads {@code count} numbers.
   *
   * @param bytes of a tensor of type {@code dtype}: F32, BF16 or F16
   * @param from index of the first of them
   * @param values takes them
   * @param at index in {@code values} of the first of them
   */
  public static void read(
      MemorySegment bytes, Dtype dtype, long from, float[] values, int at, int count) {
    switch (dtype) {
      case F32 -> {
        for (int i = 0; i < count; i++) {
          values[at + i] = bytes.get(SINGLE, (from + i) * Float.BYTES);
        }
      }
      case F16 -> {
        for (int i = 0; i < count; i++) {
          values[at + i] = Float.float16ToFloat(bytes.get(HALF, (from + i) * Short.BYTES));
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          values[at + i] = Float.intBitsToFloat(bytes.get(HALF, (from + i) * Short.BYTES) << 16);
        }
      }
      default -> throw new IllegalArgumentException("not a type of weights: " + dtype);
    }
  }

  /** {@code values} as the bytes of F32, BF16 or F16, each rounded to the nearest. */
  public static MemorySegment bytes(float[] values, Dtype dtype) {
    MemorySegment bytes = MemorySegment.ofArray(new byte[values.length * dtype.bits() / 8]);
    for (int i = 0; i < values.length; i++) {
      switch (dtype) {
        case F32 -> bytes.set(SINGLE, (long) i * Float.BYTES, values[i]);
        case F16 -> bytes.set(HALF, (long) i * Short.BYTES, Float.floatToFloat16(values[i]));
        case BF16 -> bytes.set(HALF, (long) i * Short.BYTES, toBf16(values[i]));
        default -> throw new IllegalArgumentException("not a type of weights: " + dtype);
      }
    }
    return bytes;
  }

  /** The nearest bf16 number, of two equally near the one whose last bit is 0. */
  public static short toBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }
}
