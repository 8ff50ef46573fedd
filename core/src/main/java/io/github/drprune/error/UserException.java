package io.github.drprune.error;

import java.util.Optional;

/**
 * A mistake that the user can mend: one line saying what is wrong, where, and what to do. The
 * program prints the message alone and exits with code 2; every other exception is a failure (code
 * 1).
 */
public class UserException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String key;
  private final String hint;

  public UserException(String message) {
    this(message, null, null, null);
  }

  public UserException(String message, Throwable cause) {
    this(message, null, null, cause);
  }

  private UserException(String message, String key, String hint, Throwable cause) {
    super(Printable.line(message), cause);
    this.key = key;
    this.hint = hint;
  }

  /** A mistake in the value of {@code key}: the message is "key: problem". */
  public static UserException at(String key, String problem) {
    return new UserException(key + ": " + problem, key, null, null);
  }

  /** A mistake with what mends it: the message is "key: problem; hint". */
  public static UserException at(String key, String problem, String hint) {
    return new UserException("%s: %s; %s".formatted(key, problem, hint), key, hint, null);
  }

  /** The same mistake, the message beginning with where it was made, such as "run.yaml: ". */
  public UserException in(String place) {
    return new UserException(place + getMessage(), key, hint, getCause());
  }

  /** The configuration key or the input that is wrong, where it is a single one. */
  public Optional<String> key() {
    return Optional.ofNullable(key);
  }

  /** What the user can do, where that was told apart from what is wrong. */
  public Optional<String> hint() {
    return Optional.ofNullable(hint);
  }
}
