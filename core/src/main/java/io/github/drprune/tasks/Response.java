package io.github.drprune.tasks;

/** What a model answers to a {@link Request}. */
public sealed interface Response {
  /**
   * Of a text.
   *
   * @param logLikelihood in nats
   * @param greedy whether each of its tokens is the likeliest at its place
   */
  record Likelihood(double logLikelihood, boolean greedy) implements Response {}

  /** A generated text. */
  record Text(String text) implements Response {}
}
