package io.github.drprune.nn;

import io.github.drprune.libtorch.NativeScope;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;

/**
 * Walks matrices of equal height in runs of rows small enough that a chain of elementwise
 * operations finds them in a processor's cache, where one whole operation after the other waits for
 * memory. A GPU has memory to keep up with and is slow to start an operation: it takes long runs.
 */
final class RowRuns {
  /**
   * Elements of the widest matrix in a run: 4 MiB in float32, which the last level of cache holds
   * and which takes longer than to start a dozen operations.
   */
  private static final long ELEMENTS = 1 << 20;

  /** The same on a GPU: 256 MiB in float32, beside the 1 GiB of a chunk of the head. */
  private static final long ELEMENTS_ON_DEVICE = 1 << 26;

  private RowRuns() {}

  /**
   * Gives {@code work} each run's part of every matrix, in a scope of its own.
   *
   * @param matrices [rows, ..] each
   */
  static void over(List<Tensor> matrices, Consumer<List<Tensor>> work) {
    long rows = matrices.getFirst().size(0);
    long width = matrices.stream().mapToLong(matrix -> matrix.numel()).max().orElseThrow();
    long elements = matrices.getFirst().is_cuda() ? ELEMENTS_ON_DEVICE : ELEMENTS;
    long run = Math.max(1, elements * rows / Math.max(1, width));
    for (long from = 0; from < rows; from += run) {
      try (var _ = NativeScope.open()) {
        long first = from;
        long count = Math.min(run, rows - from);
        work.accept(matrices.stream().map(matrix -> matrix.narrow(0, first, count)).toList());
      }
    }
  }
}
