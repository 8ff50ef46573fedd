package io.github.drprune.train;

import io.github.drprune.error.UserException;

/**
 * A run whose loss stayed not finite; its last checkpoint is as it was. The user can mend it: by
 * another learning rate, or by other data.
 */
public final class DivergedException extends UserException {
  private static final long serialVersionUID = 1;

  public DivergedException(String message) {
    super(message);
  }
}
