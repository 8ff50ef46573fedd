package io.github.drprune.run;

import io.github.drprune.error.UserException;
import io.github.drprune.io.AppendedLines;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Appends events to a run's log, each line written at once. A run that goes on from a checkpoint
 * first cuts the log to the length it had there, so that every step is in it exactly once.
 */
public final class EventWriter implements AutoCloseable {
  private final AppendedLines lines;

  /**
   * @param keep bytes of the log that stand; what follows them is dropped
   */
  public EventWriter(Path file, long keep) throws IOException {
    long size = Files.exists(file) ? Files.size(file) : 0;
    if (size < keep) {
      throw new UserException(
          "%s: has %d bytes and the checkpoint counts on %d; restore it, or choose another output"
              .formatted(file, size, keep));
    }
    lines = new AppendedLines(file, keep);
  }

  public void write(RunEvent event) throws IOException {
    lines.write(Json.line(event) + "\n");
  }

  /** Bytes written so far, all of them on the disk when this returns. */
  public long force() throws IOException {
    return lines.force();
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
