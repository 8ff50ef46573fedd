package io.github.drprune.tasks.scoring;

import java.util.Arrays;

/**
 * Tokens of which the last ones are predicted.
 *
 * @param tokens at least one more than are predicted
 * @param predicted at least one
 */
record ScoredTokens(int[] tokens, int predicted) {
  ScoredTokens {
    if (predicted < 1 || predicted >= tokens.length) {
      throw new IllegalArgumentException("%d of %d tokens".formatted(predicted, tokens.length));
    }
  }

  /** What a model reads: all tokens but the last. */
  int[] input() {
    return Arrays.copyOf(tokens, tokens.length - 1);
  }

  /** The position of the input that predicts the first of the predicted tokens. */
  int first() {
    return tokens.length - 1 - predicted;
  }

  /** The token that position {@code at} of the input predicts. */
  int target(int at) {
    return tokens[at + 1];
  }
}
