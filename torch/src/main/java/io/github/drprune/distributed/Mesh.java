package io.github.drprune.distributed;

import org.bytedeco.pytorch.Tensor;

/**
 * Processes as a table (a device mesh of two dimensions). Those of a row hold one copy of a model
 * together, and each has the same part of it as the others of its column.
 *
 * @param row this process's
 * @param column this process's
 */
public record Mesh(ProcessGroup row, ProcessGroup column) implements AutoCloseable {
  /** All hold one copy together. */
  public static Mesh ofOneRow(ProcessGroup processes) {
    return new Mesh(processes, ProcessGroup.SINGLE);
  }

  /** Gives every process the values, contiguous, of the first one of the first row. */
  public void broadcast(Tensor values) {
    row.broadcast(values).await();
    column.broadcast(values).await();
  }

  @Override
  public void close() {
    row.close();
    column.close();
  }
}
