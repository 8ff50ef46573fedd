package io.github.drprune.train;

import io.github.drprune.event.EventWriter;
import io.github.drprune.event.RunEvent;
import io.github.drprune.tensorboard.TensorBoardWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A run's events: to its log first, then to whoever listens (a terminal, a board). */
public final class RunLog implements AutoCloseable {
  private final EventWriter writer;
  private final List<Consumer<RunEvent>> listeners;
  private final Optional<TensorBoardWriter> board;

  /**
   * @param keep bytes of the log that stand, see {@link EventWriter}
   * @param board takes the events for TensorBoard too, where the user wants them there; closed with
   *     the log
   */
  public RunLog(
      Path file, long keep, List<Consumer<RunEvent>> listeners, Optional<TensorBoardWriter> board)
      throws IOException {
    this.writer = new EventWriter(file, keep);
    this.listeners = List.copyOf(listeners);
    this.board = board;
  }

  public void write(RunEvent event) throws IOException {
    writer.write(event);
    if (board.isPresent()) {
      board.get().write(event);
    }
    listeners.forEach(listener -> listener.accept(event));
  }

  /** The log's length, once all of it is on the disk. */
  long force() throws IOException {
    return writer.force();
  }

  @Override
  public void close() throws IOException {
    try {
      if (board.isPresent()) {
        board.get().close();
      }
    } finally {
      writer.close();
    }
  }
}
