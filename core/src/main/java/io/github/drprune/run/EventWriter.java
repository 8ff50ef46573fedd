package io.github.drprune.run;

import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Appends events to a run's log, each line written at once. A run that goes on from a checkpoint
 * first cuts the log to the length it had there, so that every step is in it exactly once.
 */
public final class EventWriter implements AutoCloseable {
  private final FileChannel channel;

  /**
   * @param keep bytes of the log that stand; what follows them is dropped
   */
  public EventWriter(Path file, long keep) throws IOException {
    channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (channel.size() < keep) {
      long size = channel.size();
      channel.close();
      throw new UserException(
          "%s: has %d bytes and the checkpoint counts on %d; restore it, or choose another output"
              .formatted(file, size, keep));
    }
    channel.truncate(keep);
    channel.position(keep);
  }

  public void write(RunEvent event) throws IOException {
    var line = ByteBuffer.wrap((Json.line(event) + "\n").getBytes(StandardCharsets.UTF_8));
    while (line.hasRemaining()) {
      channel.write(line);
    }
  }

  /** Bytes written so far, all of them on the disk when this returns. */
  public long force() throws IOException {
    channel.force(false);
    return channel.position();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
