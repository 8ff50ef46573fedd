package io.github.drprune.error;

/**
 * Stands for a value that is there but cannot be used: what is wrong is told to whoever tries, and
 * nobody else need mind.
 *
 * @param problem what is wrong, where, and what to do
 */
public record Unusable(String problem) {
  /**
   * The same value, where it can be used.
   *
   * @throws UserException where it cannot
   */
  public static Object refused(Object value) {
    if (value instanceof Unusable(String problem)) {
      throw new UserException(problem);
    }
    return value;
  }

  @Override
  public String toString() {
    return problem;
  }
}
