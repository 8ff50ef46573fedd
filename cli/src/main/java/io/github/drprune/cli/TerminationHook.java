package io.github.drprune.cli;

import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;

/** Asks what runs to end on SIGINT and SIGTERM. */
final class TerminationHook implements AutoCloseable {
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread hook;

  /**
   * @param request asks for the end; gives whether the process is to live until this is closed
   */
  TerminationHook(BooleanSupplier request) {
    hook =
        new Thread(
            () -> {
              if (request.getAsBoolean()) {
                awaitEnd();
              }
            },
            "interruption");
    Runtime.getRuntime().addShutdownHook(hook);
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
