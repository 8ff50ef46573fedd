package io.github.drprune.spark;

import java.io.IOException;
import java.net.URI;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.spark.TaskContext;

/**
 * This machine's files as a file system that only Hadoop knows: {@code shared:///path}. A task that
 * opens {@code held.jsonl} waits until a test lets it go on.
 */
public final class SharedFiles extends RawLocalFileSystem {
  static final String HELD = "held.jsonl";

  private static final CountDownLatch GATE = new CountDownLatch(1);

  /** Lets the task that waits go on. */
  static void release() {
    GATE.countDown();
  }

  @Override
  public String getScheme() {
    return "shared";
  }

  @Override
  public URI getUri() {
    return URI.create("shared:///");
  }

  @Override
  public FSDataInputStream open(Path file, int bufferSize) throws IOException {
    if (TaskContext.get() != null && file.getName().equals(HELD)) {
      awaitRelease();
    }
    return super.open(file, bufferSize);
  }

  private static void awaitRelease() throws IOException {
    try {
      if (!GATE.await(2, TimeUnit.MINUTES)) {
        throw new IOException("nobody let the task go on");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
