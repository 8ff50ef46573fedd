package io.github.drprune.safetensors;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Counts values that are NaN or infinite: those whose exponent has all its bits set. A long of the
 * tensor's bytes is taken at a time, so that gigabytes take seconds.
 */
public final class NotFinite {
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private NotFinite() {}

  /**
   * How many of the values are not finite.
   *
   * @param dtype a type that weights may have
   */
  public static long count(Dtype dtype, MemorySegment values) {
    return switch (dtype) {
      case F32 -> count(values, 0x7f800000_7f800000L, 0x00800000_00800000L);
      case BF16 -> count(values, 0x7f807f80_7f807f80L, 0x00800080_00800080L);
      case F16 -> count(values, 0x7c007c00_7c007c00L, 0x04000400_04000400L);
      default -> throw new IllegalArgumentException("not a type of weights: " + dtype);
    };
  }

  /**
   * Adding the exponent's lowest bit to an exponent carries into the sign's place if and only if
   * all bits of it are set, and never beyond.
   */
  private static long count(MemorySegment values, long exponents, long lowest) {
    long signs = exponents + lowest;
    long words = values.byteSize() / Long.BYTES;
    long count = 0;
    for (long i = 0; i < words; i++) {
      long word = values.get(WORD, i * Long.BYTES);
      count += Long.bitCount(((word & exponents) + lowest) & signs);
    }
    long rest = 0;
    for (long i = words * Long.BYTES; i < values.byteSize(); i++) {
      rest |= (values.get(ValueLayout.JAVA_BYTE, i) & 0xffL) << (8 * (i % Long.BYTES));
    }
    return count + Long.bitCount(((rest & exponents) + lowest) & signs);
  }
}
