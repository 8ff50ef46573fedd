package io.github.drprune.io;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** Held while a file or folder is written, as two that write it would mix what they write. */
final class WriteLock implements AutoCloseable {
  private final Path file;
  private final FileChannel channel;

  private WriteLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Refuses where another one writes {@code target}. */
  static WriteLock of(Path target) throws IOException {
    Path file = AtomicFiles.hidden(target, ".lock");
    return Locks.open(file)
        .map(channel -> new WriteLock(file, channel))
        .orElseThrow(
            () ->
                new UserException(
                    target + ": another process is writing it; wait for it or name another place"));
  }

  /** Deleted first: once it is free, it may be another's. */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(file);
    channel.close();
  }
}
