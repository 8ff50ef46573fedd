package io.github.drprune.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.error.UserException;
import java.util.OptionalInt;
import java.util.function.IntPredicate;

/** The key {@code layer_types}: which layers see only a window of the past. */
final class LayerTypes {
  static final String FULL = "full_attention";
  static final String SLIDING = "sliding_attention";
  private static final String KEY = "layer_types";

  private LayerTypes() {}

  /**
   * Which layers have a window.
   *
   * @param unlisted the same where the file has no list
   */
  static IntPredicate sliding(ConfigReader config, IntPredicate unlisted) {
    JsonNode types = config.json().path(KEY);
    if (!types.isArray()) {
      return unlisted;
    }
    for (JsonNode type : types) {
      if (!type.asText().equals(FULL) && !type.asText().equals(SLIDING)) {
        throw ConfigReader.unsupported(KEY, "layers of type '" + type.asText() + "'");
      }
    }
    return layer -> types.path(layer).asText().equals(SLIDING);
  }

  /** Refuses a list that speaks of layers with a window, of a family that has none. */
  static void refuseSliding(ConfigReader config) {
    refuseMixed(config, false);
  }

  /** Refuses a list that does not say of all layers alike whether they have a window. */
  static void refuseMixed(ConfigReader config, boolean sliding) {
    for (JsonNode type : config.json().path(KEY)) {
      if (!type.asText().equals(sliding ? SLIDING : FULL)) {
        throw ConfigReader.unsupported(KEY, "layers of type '" + type.asText() + "'");
      }
    }
  }

  /**
   * The same attention with the window in the layers that {@code sliding} names.
   *
   * @throws UserException when there are such layers and no window
   */
  static AttentionSpec windowed(AttentionSpec attention, OptionalInt window, IntPredicate sliding) {
    return attention.with(
        sliding,
        layer ->
            layer.windowed(
                window.orElseThrow(
                    () ->
                        new UserException(
                            "sliding_window: missing, but %s asks for it".formatted(KEY)))));
  }

  /** Writes the list, unless no layer has a window and the file had no list. */
  static void write(ModelSpec spec, ObjectNode json) {
    if (spec.attention().hasWindows() || json.has(KEY)) {
      ArrayNode types = json.putArray(KEY);
      spec.attention()
          .layers()
          .forEach(layer -> types.add(layer.window().isPresent() ? SLIDING : FULL));
    }
  }
}
