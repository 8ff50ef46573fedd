package io.github.drprune.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** A run's events: to its log first, then to whoever listens (a terminal, a board). */
public final class RunLog implements AutoCloseable {
  private final Path file;
  private final EventWriter writer;
  private final List<Consumer<RunEvent>> listeners;

  /**
   * @param keep bytes of the log that stand, see {@link EventWriter}
   */
  public RunLog(Path file, long keep, List<Consumer<RunEvent>> listeners) throws IOException {
    this.file = file;
    this.writer = new EventWriter(file, keep);
    this.listeners = List.copyOf(listeners);
  }

  public void write(RunEvent event) throws IOException {
    writer.write(event);
    listeners.forEach(listener -> listener.accept(event));
  }

  public Path file() {
    return file;
  }

  /** The log's length, once all of it is on the disk. */
  public long force() throws IOException {
    return writer.force();
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
