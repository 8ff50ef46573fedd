package io.github.drprune.vocabulary;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * The tokens that are kept, numbered anew in their old order.
 *
 * @param kept old ids, ascending
 * @param beyond ids of tokens that the model has no rows for, ascending: they follow the kept ones
 *     and have none again
 */
record Renumbering(int[] kept, int[] beyond) {
  /** Rows that the model will have. */
  int size() {
    return kept.length;
  }

  /** The new id; empty for a token that is not kept. */
  OptionalInt of(int old) {
    int id = Arrays.binarySearch(kept, old);
    int further = Arrays.binarySearch(beyond, old);
    if (id < 0 && further < 0) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(id < 0 ? kept.length + further : id);
  }

  boolean keeps(int old) {
    return of(old).isPresent();
  }

  /** The new id of a token that must be kept. */
  int require(int old) {
    return of(old)
        .orElseThrow(() -> new IllegalArgumentException("token %d is not kept".formatted(old)));
  }

  /** The new ids of tokens that are all kept; else null. */
  int[] ofAll(int[] old) {
    int[] ids = new int[old.length];
    for (int i = 0; i < old.length; i++) {
      ids[i] = Arrays.binarySearch(kept, old[i]);
      if (ids[i] < 0) {
        return null;
      }
    }
    return ids;
  }

  /** The ids that a {@code config.json} or {@code generation_config.json} names. */
  static Set<Integer> namedBy(ObjectNode config, int vocabularySize) {
    Set<Integer> ids = new TreeSet<>();
    config
        .properties()
        .forEach(
            key -> {
              if (namesTokens(key.getKey())) {
                addIds(key.getValue(), vocabularySize, ids);
              }
            });
    return ids;
  }

  private static void addIds(JsonNode value, int vocabularySize, Set<Integer> ids) {
    if (value.isArray()) {
      value.forEach(each -> addIds(each, vocabularySize, ids));
    } else if (value.isInt() && value.asInt() >= 0 && value.asInt() < vocabularySize) {
      ids.add(value.asInt());
    }
  }

  /** The same with the new ids; an id that the old model had no token or no row for goes. */
  void apply(ObjectNode config) {
    for (String key : config.properties().stream().map(each -> each.getKey()).toList()) {
      if (namesTokens(key)) {
        config.set(key, renamed(config.get(key), config));
      }
    }
  }

  private JsonNode renamed(JsonNode value, ObjectNode nodes) {
    if (value.isArray()) {
      ArrayNode ids = nodes.arrayNode();
      value.forEach(each -> ids.add(renamed(each, nodes)));
      return ids;
    }
    if (!value.isInt() || value.asInt() < 0) {
      return value;
    }
    OptionalInt id = of(value.asInt());
    return id.isPresent() && id.getAsInt() < size()
        ? IntNode.valueOf(id.getAsInt())
        : nodes.nullNode();
  }

  private static boolean namesTokens(String key) {
    return key.endsWith("_token_id")
        || key.endsWith("_token_ids")
        || key.endsWith("suppress_tokens");
  }
}
