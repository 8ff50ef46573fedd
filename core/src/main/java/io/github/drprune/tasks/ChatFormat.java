package io.github.drprune.tasks;

import java.util.List;
import java.util.Map;

/** Makes the text of a conversation, as a model's chat template does. */
@FunctionalInterface
public interface ChatFormat {
  /**
   * The text of {@code messages}, each with role and content.
   *
   * @param answerFollows whether the model's answer begins after them; otherwise the last message
   *     is its beginning
   */
  String text(List<Map<String, String>> messages, boolean answerFollows);
}
