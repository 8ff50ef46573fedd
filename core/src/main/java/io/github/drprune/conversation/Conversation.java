package io.github.drprune.conversation;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Messages of system, users, assistants and tools, as chat templates take them.
 *
 * @param messages each with {@code role}, and {@code content} or {@code tool_calls}
 * @param tools their descriptions; null where there are none
 */
public record Conversation(List<Map<String, Object>> messages, Object tools) {
  /** The role whose turns the model learns. */
  public static final String ASSISTANT = "assistant";

  private static final Map<String, String> SHAREGPT_ROLES =
      Map.of(
          "human", "user",
          "gpt", ASSISTANT,
          "chatgpt", ASSISTANT,
          "bing", ASSISTANT,
          "bard", ASSISTANT,
          "function_call", ASSISTANT,
          "observation", "tool",
          "function_response", "tool");

  /** What a record has one of, and what may be beside it. */
  private static final Set<String> FIELDS =
      Set.of("messages", "conversations", "instruction", "input", "output", "system", "tools");

  /** Fields of another record that are named to the user. */
  private static final int SHOWN = 5;

  /** Names of a message's reasoning, the one that templates read first. */
  private static final List<String> REASONING =
      List.of("reasoning_content", "thinking", "reasoning");

  public Conversation {
    messages = messages.stream().map(Conversation::normalised).toList();
    if (messages.isEmpty()) {
      throw new ConversationException("it has no messages");
    }
  }

  /** As transformers does: a key without a value is none, reasoning has all of its names. */
  private static Map<String, Object> normalised(Map<String, Object> message) {
    var normalised = new LinkedHashMap<String, Object>();
    message.forEach(
        (key, value) -> {
          if (value != null) {
            normalised.put(key, value);
          }
        });
    REASONING.stream()
        .map(normalised::get)
        .filter(reasoning -> reasoning != null)
        .findFirst()
        .ifPresent(
            reasoning -> {
              normalised.putIfAbsent("thinking", reasoning);
              normalised.put("reasoning_content", reasoning);
            });
    if (!(normalised.get("role") instanceof String role) || role.isBlank()) {
      throw new ConversationException("a message has no role");
    }
    return normalised;
  }

  /** A user's single message. */
  public static Conversation ofUser(String content) {
    return new Conversation(List.of(message("user", content)), null);
  }

  /** A message. */
  public static Map<String, Object> message(String role, String content) {
    var message = new LinkedHashMap<String, Object>();
    message.put("role", role);
    message.put("content", content);
    return message;
  }

  /**
   * Reads an object with {@code messages}, with ShareGPT's {@code conversations}, or with Alpaca's
   * {@code instruction}, {@code input} and {@code output}; or an array of messages.
   */
  public static Conversation of(JsonNode record) {
    if (record.isArray()) {
      return new Conversation(messages(record), null);
    }
    if (!record.isObject()) {
      throw new ConversationException("not a JSON object");
    }
    if (record.has("messages")) {
      return new Conversation(messages(record.get("messages")), tools(record));
    }
    if (record.has("conversations")) {
      return new Conversation(shareGpt(record), tools(record));
    }
    if (record.has("instruction")) {
      return alpaca(record);
    }
    List<String> names = new ArrayList<>();
    record.fieldNames().forEachRemaining(names::add);
    throw new ConversationException(noneIn(names));
  }

  /** What is wrong where all fields have other names. */
  public static String noneIn(List<String> names) {
    return "no 'messages', 'conversations' or 'instruction' but "
        + names.subList(0, Math.min(SHOWN, names.size()));
  }

  /** Whether {@link #of} looks at a record's field of that name. */
  public static boolean isField(String name) {
    return FIELDS.contains(name);
  }

  private static List<Map<String, Object>> messages(JsonNode array) {
    List<Map<String, Object>> messages = new ArrayList<>();
    if (!array.isArray()) {
      throw new ConversationException("'messages' is not an array");
    }
    for (JsonNode each : array) {
      if (!each.isObject()) {
        throw new ConversationException("a message is not an object");
      }
      var message = new LinkedHashMap<String, Object>();
      each.properties().forEach(field -> message.put(field.getKey(), plain(field.getValue())));
      boolean says = each.hasNonNull("content") || each.hasNonNull("tool_calls");
      if (!says) {
        throw new ConversationException("a message has neither content nor tool_calls");
      }
      messages.add(message);
    }
    return messages;
  }

  private static Object plain(JsonNode value) {
    return Json.convert(value, Object.class, "message");
  }

  private static Object tools(JsonNode record) {
    JsonNode tools = record.path("tools");
    if (tools.isTextual() && !tools.asText().isBlank()) {
      try {
        return plain(Json.tree(tools.asText(), "tools"));
      } catch (UserException e) {
        throw new ConversationException("'tools' is not JSON", e);
      }
    }
    return tools.isArray() && !tools.isEmpty() ? plain(tools) : null;
  }

  private static List<Map<String, Object>> shareGpt(JsonNode record) {
    List<Map<String, Object>> messages = new ArrayList<>();
    if (record.path("system").isTextual() && !record.get("system").asText().isEmpty()) {
      messages.add(message("system", record.get("system").asText()));
    }
    if (!record.get("conversations").isArray()) {
      throw new ConversationException("'conversations' is not an array");
    }
    for (JsonNode each : record.get("conversations")) {
      JsonNode from = each.path("from");
      JsonNode value = each.path("value");
      if (!from.isTextual() || !value.isTextual()) {
        throw new ConversationException("a turn has no 'from' or no 'value'");
      }
      String role = from.asText();
      messages.add(message(SHAREGPT_ROLES.getOrDefault(role, role), value.asText()));
    }
    return messages;
  }

  private static Conversation alpaca(JsonNode record) {
    String instruction = text(record, "instruction");
    String input = record.hasNonNull("input") ? text(record, "input") : "";
    List<Map<String, Object>> messages = new ArrayList<>();
    if (record.hasNonNull("system") && !text(record, "system").isEmpty()) {
      messages.add(message("system", text(record, "system")));
    }
    messages.add(message("user", input.isEmpty() ? instruction : instruction + "\n\n" + input));
    messages.add(message(ASSISTANT, text(record, "output")));
    return new Conversation(messages, null);
  }

  private static String text(JsonNode record, String field) {
    if (!record.path(field).isTextual()) {
      throw new ConversationException(
          "field %s is not a string".formatted(Printable.quoted(field)));
    }
    return record.get(field).asText();
  }

  /** The same without a last turn of the assistant. */
  public Conversation withoutLastAnswer() {
    int last = messages.size() - 1;
    return isAssistant(last) && last > 0 ? first(last) : this;
  }

  boolean isAssistant(int index) {
    return messages.get(index).get("role").equals(ASSISTANT);
  }

  /** The first {@code count} messages, at least one. */
  Conversation first(int count) {
    return new Conversation(messages.subList(0, count), tools);
  }

  /** The same with another content of message {@code index}. */
  Conversation with(int index, String content) {
    List<Map<String, Object>> changed = new ArrayList<>(messages);
    var message = new LinkedHashMap<>(messages.get(index));
    message.put("content", content);
    changed.set(index, message);
    return new Conversation(changed, tools);
  }

  /** The same with one more message. */
  public Conversation and(String role, String content) {
    List<Map<String, Object>> more = new ArrayList<>(messages);
    more.add(message(role, content));
    return new Conversation(more, tools);
  }
}
