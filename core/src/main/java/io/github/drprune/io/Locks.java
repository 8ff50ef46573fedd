package io.github.drprune.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** Locks by which those who write the same learn of each other, in one process or in several. */
public final class Locks {
  private Locks() {}

  /**
   * Opens {@code file}, made where it is absent, and locks it until the channel is closed.
   *
   * @return empty where another one holds it
   */
  public static Optional<FileChannel> open(Path file) throws IOException {
    var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (acquire(channel)) {
      return Optional.of(channel);
    }
    channel.close();
    return Optional.empty();
  }

  /**
   * Locks a file until {@code channel} is closed. A file system that has no locks guards nothing,
   * but can be written to.
   *
   * @return false where another one holds it
   */
  static boolean acquire(FileChannel channel) {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false; // held by this process
    } catch (IOException e) {
      return true; // no locks here
    }
  }
}
