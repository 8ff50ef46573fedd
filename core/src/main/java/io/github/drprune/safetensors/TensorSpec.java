package io.github.drprune.safetensors;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.LongStream;

/**
 * What a tensor is called, what its elements are and how many it has along each dimension,
 * outermost first. A shape whose bytes exceed 2^63-1 cannot exist.
 */
public record TensorSpec(String name, Dtype dtype, List<Long> shape) {
  /** As many dimensions as LibTorch can handle. */
  static final int MAX_RANK = 64;

  public TensorSpec {
    shape = List.copyOf(shape);
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
      throw new IllegalArgumentException("the name is not Unicode text");
    }
    if (shape.size() > MAX_RANK) {
      throw new IllegalArgumentException(
          "the shape has %d dimensions, at most %d are possible".formatted(shape.size(), MAX_RANK));
    }
    if (shape.stream().anyMatch(size -> size < 0)) {
      throw new IllegalArgumentException("the shape " + shape + " has a negative dimension");
    }
    long bits;
    try {
      bits = shape.stream().reduce((long) dtype.bits(), Math::multiplyExact);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("the shape " + shape + " is too large to exist", e);
    }
    if (bits % Byte.SIZE != 0) {
      throw new IllegalArgumentException("%s %s does not fill whole bytes".formatted(dtype, shape));
    }
  }

  public static TensorSpec of(String name, Dtype dtype, long... shape) {
    return new TensorSpec(name, dtype, LongStream.of(shape).boxed().toList());
  }

  /** Product of the dimensions; 1 for a scalar. */
  public long elements() {
    return shape.stream().reduce(1L, (a, b) -> a * b);
  }

  public long byteSize() {
    return shape.stream().reduce((long) dtype.bits(), (a, b) -> a * b) / Byte.SIZE;
  }
}
