package io.github.drprune.tasks;

import io.github.drprune.tasks.python.PythonStrings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A piece of a prompt.
 *
 * @param role system, user or assistant
 * @param delimiter that follows it where the prompt is plain text
 */
record Message(String role, String content, String delimiter) {
  static final String SYSTEM = "system";
  static final String USER = "user";
  static final String ASSISTANT = "assistant";

  /** All of them as plain text. */
  static String text(List<Message> messages) {
    var text = new StringBuilder();
    messages.forEach(message -> text.append(message.content).append(message.delimiter));
    return text.toString();
  }

  /** As a conversation of one turn: examples and question are one message of the user's. */
  static List<Map<String, String>> singleTurn(List<Message> messages) {
    List<Message> turns = new ArrayList<>(messages);
    List<Map<String, String>> conversation = new ArrayList<>();
    if (turns.getFirst().role.equals(SYSTEM)) {
      conversation.add(turns.removeFirst().asMap());
    }
    Message begun = turns.getLast().role.equals(ASSISTANT) ? turns.removeLast() : null;
    Message last = turns.removeLast();
    turns.add(new Message(last.role, last.content, ""));
    conversation.add(new Message(USER, text(turns), "").asMap());
    if (begun != null) {
      conversation.add(begun.asMap());
    }
    return conversation;
  }

  private Map<String, String> asMap() {
    Map<String, String> map = new LinkedHashMap<>();
    map.put("role", role);
    map.put("content", content);
    return map;
  }

  /** Two texts, with {@code delimiter} between them unless either has white space there. */
  static String joined(String before, String after, String delimiter) {
    if (before == null || before.isEmpty()) {
      return after == null ? "" : after;
    }
    if (after == null || after.isEmpty()) {
      return before;
    }
    return needDelimiter(before, after) ? before + delimiter + after : before + after;
  }

  /** Whether neither has white space where they meet. */
  static boolean needDelimiter(String before, String after) {
    return !before.isEmpty()
        && !PythonStrings.endsWithSpace(before)
        && !PythonStrings.startsWithSpace(after);
  }
}
