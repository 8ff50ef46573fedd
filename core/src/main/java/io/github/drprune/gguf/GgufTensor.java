package io.github.drprune.gguf;

import io.github.drprune.error.Printable;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A tensor of a file.
 *
 * @param sizes of its dimensions, the innermost first: the reverse of a checkpoint's order
 */
public record GgufTensor(String name, TensorType type, List<Long> sizes) {
  /** As many dimensions as ggml has. */
  static final int MOST_DIMENSIONS = 4;

  /** ggml's limit, less the zero that ends a name. */
  private static final int LONGEST_NAME = 63;

  public GgufTensor {
    sizes = List.copyOf(sizes);
    String what = "tensor " + Printable.quoted(name);
    if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
      throw new IllegalArgumentException(
          "%s: a name of more than %d bytes".formatted(what, LONGEST_NAME));
    }
    if (sizes.isEmpty() || sizes.size() > MOST_DIMENSIONS) {
      throw new IllegalArgumentException(
          "%s: %d dimensions, 1 to %d are possible".formatted(what, sizes.size(), MOST_DIMENSIONS));
    }
    if (sizes.stream().anyMatch(size -> size < 1)) {
      throw new IllegalArgumentException(what + ": sizes " + sizes + " must be positive");
    }
    try {
      type.bytes(sizes.stream().reduce(1L, Math::multiplyExact));
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(what + ": sizes " + sizes + " are too large to exist", e);
    }
    if (sizes.getFirst() % type.blockSize() != 0) {
      throw new IllegalArgumentException(
          "%s: rows of %d numbers do not fill blocks of %d, as type %s has them"
              .formatted(what, sizes.getFirst(), type.blockSize(), type));
    }
  }

  /** Numbers in it. */
  public long elements() {
    return sizes.stream().reduce(1L, (a, b) -> a * b);
  }

  /** Bytes that it takes in the file, without padding. */
  public long byteSize() {
    return type.bytes(elements());
  }
}
