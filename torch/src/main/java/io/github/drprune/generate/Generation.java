package io.github.drprune.generate;

import io.github.drprune.error.UserException;

/**
 * How a text is to be continued.
 *
 * @param maxTokens to add at most
 * @param seed the same seed gives the same text
 */
public record Generation(int maxTokens, Sampling sampling, long seed) {
  public Generation {
    if (maxTokens < 1) {
      throw UserException.at("max_tokens", "must be at least 1, not " + maxTokens);
    }
  }
}
