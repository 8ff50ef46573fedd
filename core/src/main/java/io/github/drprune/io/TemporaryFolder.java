package io.github.drprune.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A folder that goes with all it holds when it is closed, and before that where a signal ends the
 * program: what is written meanwhile has names that only its writer knows.
 */
public final class TemporaryFolder implements AutoCloseable {
  private static final String PREFIX = "drprune-";

  /** While the program ends others still write, so that something may appear or go. */
  private static final int MOST_ATTEMPTS = 5;

  private final Path path;
  private final Thread hook;

  private TemporaryFolder(Path path) {
    this.path = path;
    hook = new Thread(this::deleteAtEnd, "temporary folder");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Makes one where the system has temporary files. */
  public static TemporaryFolder create() throws IOException {
    return new TemporaryFolder(Files.createTempDirectory(PREFIX));
  }

  /** Makes one in {@code parent}, for what must be on the same disk. */
  public static TemporaryFolder in(Path parent) throws IOException {
    return new TemporaryFolder(Files.createTempDirectory(parent, PREFIX));
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  private void deleteAtEnd() {
    for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      try {
        AtomicFiles.deleteTree(path);
        return;
      } catch (IOException e) {
        // Once more, as it has changed meanwhile.
      }
    }
  }

  @Override
  public void close() throws IOException {
    AtomicFiles.deleteTree(path);
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The program ends: the hook finds nothing any more.
    }
  }
}
