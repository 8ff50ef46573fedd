package io.github.drprune.cli;

import io.github.drprune.train.StopSignal;
import java.io.PrintWriter;

/**
 * Makes SIGINT and SIGTERM end a run after the step at hand: the process lives until this is
 * closed. Before the first step it ends at once.
 */
final class Interruption implements AutoCloseable {
  private final StopSignal signal = new StopSignal();
  private final TerminationHook hook;

  Interruption(PrintWriter err) {
    hook = new TerminationHook(() -> request(err));
  }

  private boolean request(PrintWriter err) {
    signal.request();
    boolean heeded = signal.isHeeded();
    err.println(
        heeded
            ? "stopping after this step, with a checkpoint"
            : "stopping; no step was begun, so there is nothing to keep");
    err.flush();
    return heeded;
  }

  StopSignal signal() {
    return signal;
  }

  @Override
  public void close() {
    hook.close();
  }
}
