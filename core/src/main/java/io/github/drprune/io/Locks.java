package io.github.drprune.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;

/** Locks by which those who write the same learn of each other, in one process or in several. */
public final class Locks {
  private Locks() {}

  /**
   * Locks a file until {@code channel} is closed. A file system that has no locks guards nothing,
   * but can be written to.
   *
   * @return false where another one holds it
   */
  public static boolean acquire(FileChannel channel) {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false; // held by this process
    } catch (IOException e) {
      return true; // no locks here
    }
  }
}
