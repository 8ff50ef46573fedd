package io.github.drprune.tasks;

import java.util.List;

/** Something that a model is asked for. */
public sealed interface Request {
  /** What the model reads first. */
  String prompt();

  /** How likely {@code continuation} is after {@code prompt}. */
  record Continuation(String prompt, String continuation) implements Request {}

  /** How likely a text is, whole, however long it is. */
  record Whole(String prompt) implements Request {}

  /**
   * How the prompt goes on.
   *
   * @param until texts that end it and are not part of it
   * @param maxTokens that are added at most
   */
  record Generated(String prompt, List<String> until, int maxTokens) implements Request {
    public Generated {
      until = List.copyOf(until);
    }
  }
}
