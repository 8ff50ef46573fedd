package io.github.drprune.nn;

import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * How scores come about from the products of queries and keys.
 *
 * @param scale of the products
 * @param cap scores become {@code cap * tanh(score / cap)}
 * @param window how many positions a query sees, its own included; without it all up to its own
 */
public record Scoring(double scale, OptionalDouble cap, OptionalInt window) {
  /** {@code q k^T / sqrt(d)}, over everything up to the query. */
  public static Scoring plain(long d) {
    return new Scoring(1 / Math.sqrt(d), OptionalDouble.empty(), OptionalInt.empty());
  }

  /** Whether the window hides some of the keys that precede the last of {@code keys}. */
  boolean hides(long keys) {
    return window.isPresent() && window.getAsInt() < keys;
  }
}
