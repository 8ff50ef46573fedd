package io.github.drprune.train;

/** Asks a run to end after the step at hand, with a checkpoint; for any thread to set. */
public final class StopSignal {
  private volatile boolean requested;

  public void request() {
    requested = true;
  }

  public boolean isRequested() {
    return requested;
  }
}
