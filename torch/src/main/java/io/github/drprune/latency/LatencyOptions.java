package io.github.drprune.latency;

import io.github.drprune.error.UserException;
import java.util.List;

/**
 * What is measured and how often.
 *
 * @param contexts lengths of prompts, in tokens
 * @param batches how many texts at a time
 * @param generated tokens to generate behind each prompt
 * @param rounds measured rounds, behind one to warm up; each runs every model once
 */
public record LatencyOptions(
    List<Integer> contexts, List<Integer> batches, int generated, int rounds) {
  public LatencyOptions {
    contexts = List.copyOf(contexts);
    batches = List.copyOf(batches);
    contexts.forEach(context -> positive("context", context));
    batches.forEach(batch -> positive("batch", batch));
    positive("generate", generated);
    positive("rounds", rounds);
  }

  private static void positive(String key, int value) {
    if (value < 1) {
      throw UserException.at(key, "must be at least 1, not " + value);
    }
  }
}
