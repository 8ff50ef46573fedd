package io.github.drprune.distributed;

/** Another process of the group is gone, or did not come in time. */
public final class PeerLostException extends RuntimeException {
  private static final long serialVersionUID = 1;

  PeerLostException(String message, Throwable cause) {
    super(message, cause);
  }
}
