package io.github.drprune.distributed;

/** Another process failed and tells of it itself: there is nothing to add here. */
public final class StoppedByPeerException extends RuntimeException {
  private static final long serialVersionUID = 1;

  StoppedByPeerException() {
    super("another process cannot go on and says why");
  }
}
