package io.github.drprune.judge;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import java.util.Optional;

/** What a judge says of two answers in the order they were shown. */
public enum Verdict {
  @JsonProperty("first")
  FIRST,
  @JsonProperty("second")
  SECOND,
  @JsonProperty("tie")
  TIE;

  /** What a server is to hold a reply to, in OpenAI's words. */
  static final JsonNode RESPONSE_FORMAT =
      Json.tree(
          """
          {"type": "json_schema", "json_schema": {"name": "verdict", "strict": true, "schema": {
            "type": "object", "required": ["verdict"], "additionalProperties": false,
            "properties": {"verdict": {"type": "string", "enum": ["first", "second", "tie"]}}}}}
          """,
          "response format");

  /**
   * Reads a reply: one JSON object with {@code verdict}, perhaps in a code block, and nothing else.
   */
  static Optional<Verdict> of(String reply) {
    String text = reply.strip();
    if (text.startsWith("```") && text.endsWith("```") && text.length() > 6) {
      text = text.substring(3, text.length() - 3).strip();
      text = text.startsWith("json") ? text.substring(4).strip() : text;
    }
    JsonNode object;
    try {
      object = Json.tree(text, "reply");
    } catch (UserException _) {
      return Optional.empty();
    }
    if (!object.isObject() || object.size() != 1) {
      return Optional.empty();
    }
    return switch (object.path("verdict").asText("")) {
      case "first" -> Optional.of(FIRST);
      case "second" -> Optional.of(SECOND);
      case "tie" -> Optional.of(TIE);
      default -> Optional.empty();
    };
  }
}
