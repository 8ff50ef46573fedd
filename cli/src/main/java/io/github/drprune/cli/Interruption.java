package io.github.drprune.cli;

import io.github.drprune.train.StopSignal;
import java.io.PrintWriter;
import java.util.concurrent.CountDownLatch;

/**
 * Makes SIGINT and SIGTERM end a run after the step at hand: the process lives until this is
 * closed. Before the first step it ends at once.
 */
final class Interruption implements AutoCloseable {
  private final StopSignal signal = new StopSignal();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread hook;

  Interruption(PrintWriter err) {
    hook =
        new Thread(
            () -> {
              signal.request();
              boolean heeded = signal.isHeeded();
              err.println(
                  heeded
                      ? "stopping after this step, with a checkpoint"
                      : "stopping; no step was begun, so there is nothing to keep");
              err.flush();
              if (heeded) {
                awaitEnd();
              }
            },
            "interruption");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  StopSignal signal() {
    return signal;
  }

  private void awaitEnd() {
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    ended.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is shutting down: that is what the hook waited for.
    }
  }
}
