package io.github.drprune.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A run's events: to its log first, then to whoever listens (a terminal, a board). */
public final class RunLog implements AutoCloseable {
  private final Path file;
  private final Optional<EventWriter> writer;
  private final List<Consumer<RunEvent>> listeners;

  private RunLog(Path file, Optional<EventWriter> writer, List<Consumer<RunEvent>> listeners) {
    this.file = file;
    this.writer = writer;
    this.listeners = List.copyOf(listeners);
  }

  /**
   * @param keep bytes of the log that stand, see {@link EventWriter}
   */
  public RunLog(Path file, long keep, List<Consumer<RunEvent>> listeners) throws IOException {
    this(file, Optional.of(new EventWriter(file, keep)), listeners);
  }

  /** The log of a run that another process writes to: what is written here goes nowhere. */
  public static RunLog ofAnother(Path file) {
    return new RunLog(file, Optional.empty(), List.of());
  }

  public void write(RunEvent event) throws IOException {
    if (writer.isPresent()) {
      writer.get().write(event);
    }
    listeners.forEach(listener -> listener.accept(event));
  }

  public Path file() {
    return file;
  }

  /** The log's length, once all of it is on the disk; zero for another process's. */
  public long force() throws IOException {
    return writer.isPresent() ? writer.get().force() : 0;
  }

  @Override
  public void close() throws IOException {
    if (writer.isPresent()) {
      writer.get().close();
    }
  }
}
