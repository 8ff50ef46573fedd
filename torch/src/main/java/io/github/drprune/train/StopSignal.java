package io.github.drprune.train;

/**
 * Asks a run to end after the step at hand, with a checkpoint; for any thread to set. Until the
 * first step a run does not look at it and has nothing to keep: its process may simply end.
 */
public final class StopSignal {
  private volatile boolean requested;
  private volatile boolean heeded;

  public void request() {
    requested = true;
  }

  public boolean isRequested() {
    return requested;
  }

  /** From now on the run looks at it after every step. */
  public void heed() {
    heeded = true;
  }

  public boolean isHeeded() {
    return heeded;
  }
}
