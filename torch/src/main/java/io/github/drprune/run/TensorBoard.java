package io.github.drprune.run;

import io.github.drprune.tensorboard.TensorBoardWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A run's events for TensorBoard, where they are asked for. */
record TensorBoard(Optional<TensorBoardWriter> writer) implements AutoCloseable {
  static TensorBoard in(RunFolder folder, boolean wanted) throws IOException {
    Path logs = folder.path().resolve("tensorboard");
    return new TensorBoard(
        wanted ? Optional.of(new TensorBoardWriter(logs, Clock.systemUTC())) : Optional.empty());
  }

  /** {@code listeners} and, where it is wanted, this one. */
  List<Consumer<RunEvent>> added(List<Consumer<RunEvent>> listeners) {
    return Stream.concat(
            listeners.stream(),
            writer.stream().map(board -> (Consumer<RunEvent>) event -> write(board, event)))
        .toList();
  }

  private static void write(TensorBoardWriter board, RunEvent event) {
    try {
      board.write(event);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    if (writer.isPresent()) {
      writer.get().close();
    }
  }
}
