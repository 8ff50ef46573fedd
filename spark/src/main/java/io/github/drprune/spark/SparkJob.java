package io.github.drprune.spark;

import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.api.java.JavaFutureAction;

/** A job on the cluster, waited for by the driver. */
final class SparkJob {
  private static final long POLL_MILLIS = 500;

  /** What the driver does while it waits. */
  @FunctionalInterface
  interface Watch {
    void look() throws IOException;
  }

  private SparkJob() {}

  /**
   * What {@code job} gives. It is cancelled where the wait ends before it.
   *
   * @param watch looks about twice a second, and once more at the end
   */
  static <T> T await(JavaFutureAction<T> job, Watch watch) throws IOException {
    try {
      while (true) {
        try {
          T result = job.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
          watch.look();
          return result;
        } catch (TimeoutException e) {
          watch.look();
        }
      }
    } catch (ExecutionException e) {
      throw TaskFailure.of(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      if (!job.isDone()) {
        job.cancel(true);
      }
    }
  }
}
