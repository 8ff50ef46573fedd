package io.github.drprune.train;

/** A run whose loss stayed not finite; its last checkpoint is as it was. */
public final class DivergedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  DivergedException(String message) {
    super(message);
  }
}
