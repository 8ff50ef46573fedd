package io.github.drprune.data.prepare;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Leads to a field within fields.
 *
 * @param names joined by dots, which a name may have itself; empty at the field
 */
record FieldPath(String names) {
  private static final FieldPath REACHED = new FieldPath("");

  /** Whether this is the field. */
  boolean isReached() {
    return names.isEmpty();
  }

  /** What is left of the path behind {@code field}; null where it does not lead there. */
  FieldPath behind(String field) {
    if (!names.startsWith(field)) {
      return null;
    }
    if (names.length() == field.length()) {
      return REACHED;
    }
    return names.charAt(field.length()) == '.'
        ? new FieldPath(names.substring(field.length() + 1))
        : null;
  }

  /** The string that it leads to; null where there is none. */
  String stringIn(JsonNode node) {
    if (isReached()) {
      return node.textValue();
    }
    for (var field : node.properties()) {
      FieldPath rest = behind(field.getKey());
      String found = rest == null ? null : rest.stringIn(field.getValue());
      if (found != null) {
        return found;
      }
    }
    return null;
  }
}
