package io.github.drprune.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocksTest {
  @TempDir private Path folder;

  private FileChannel open() throws IOException {
    return FileChannel.open(
        folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  @Test
  void oneAtATimeHoldsALock() throws IOException {
    try (var second = open()) {
      try (var first = open()) {
        assertThat(Locks.acquire(first)).isTrue();
        assertThat(Locks.acquire(second)).isFalse();
      }
      assertThat(Locks.acquire(second)).isTrue();
    }
  }

  /** A closed channel fails to lock as one on such a file system does. */
  @Test
  void whereThereAreNoLocksAllGoOn() throws IOException {
    FileChannel channel = open();
    channel.close();
    assertThat(Locks.acquire(channel)).isTrue();
  }
}
