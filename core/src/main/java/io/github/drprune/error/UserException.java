package io.github.drprune.error;

/**
 * A mistake that the user can mend: one line saying what is wrong, where, and what to do. The
 * program prints the message alone and exits with code 2; every other exception is a failure (code
 * 1).
 */
public final class UserException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UserException(String message) {
    super(Printable.line(message));
  }

  public UserException(String message, Throwable cause) {
    super(Printable.line(message), cause);
  }
}
