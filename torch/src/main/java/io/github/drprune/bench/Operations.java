package io.github.drprune.bench;

import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.TensorShape;

/** Floating-point operations that passes need, a multiply-add counted as two. */
public record Operations(ModelSpec config) {
  /**
   * Of a forward pass over rows of {@code length}, for each token; a key is seen by those after, as
   * far as windows reach.
   */
  public double forward(int length) {
    long matrices =
        config.tensors().values().stream()
            .filter(TensorShape::isMatrix)
            .mapToLong(TensorShape::elements)
            .sum();
    long embedding = (long) config.vocabularySize() * config.hiddenSize();
    long multiplied = config.tiedEmbeddings() ? matrices : matrices - embedding;
    double seen =
        config.attention().layers().stream()
            .mapToDouble(layer -> seen(layer.window().orElse(length), length))
            .sum();
    return 2.0 * multiplied + 4.0 * config.heads() * config.headDim() * seen;
  }

  /** Of a prompt of {@code length}, of which the head sees the last token alone. */
  public double prompt(int length) {
    double head = 2.0 * config.vocabularySize() * config.hiddenSize();
    return length * forward(length) - (length - 1) * head;
  }

  /** The keys that a token sees in the mean. */
  private static double seen(int window, int length) {
    double most = Math.min(window, length);
    return most - most * most / (2 * length);
  }

  /** Of a whole workload of {@code tokens} in rows of {@code length}; 0 for generation. */
  double of(Workload workload, long tokens, int length) {
    return switch (workload) {
      case TRAIN, PRUNE -> 3 * forward(length) * tokens;
      case EVALUATE -> forward(length) * tokens;
      case GENERATE -> 0;
    };
  }
}
