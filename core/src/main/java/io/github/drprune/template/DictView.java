package io.github.drprune.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What {@code keys()}, {@code values()} and {@code items()} of a dict give: it follows the dict.
 */
record DictView(Map<Object, Object> dict, Part part) {
  enum Part {
    KEYS,
    VALUES,
    ITEMS
  }

  List<Object> list() {
    return switch (part) {
      case KEYS -> new ArrayList<>(dict.keySet());
      case VALUES -> new ArrayList<>(dict.values());
      case ITEMS -> items(dict);
    };
  }

  /** The pairs of a dict. */
  static List<Object> items(Map<Object, Object> dict) {
    List<Object> items = new ArrayList<>(dict.size());
    dict.forEach((key, value) -> items.add(Tuple.of(key, value)));
    return items;
  }
}
