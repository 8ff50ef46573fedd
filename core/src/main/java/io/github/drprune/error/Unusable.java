package io.github.drprune.error;

/**
 * Stands for a value that is there but cannot be used: what is wrong is told to whoever tries, and
 * nobody else need mind.
 *
 * @param problem what is wrong, where, and what to do
 */
public record Unusable(String problem) {
  @Override
  public String toString() {
    return problem;
  }
}
