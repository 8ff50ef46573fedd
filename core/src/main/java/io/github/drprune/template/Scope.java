package io.github.drprune.template;

import java.util.HashMap;
import java.util.Map;

/** Names and values of a block; those of the blocks around it are seen through it. */
final class Scope {
  private final Scope outer; // null for the outermost
  private final Map<String, Object> variables;

  private Scope(Scope outer, Map<String, Object> variables) {
    this.outer = outer;
    this.variables = variables;
  }

  static Scope outermost(Map<String, Object> variables) {
    return new Scope(null, variables);
  }

  Scope inner() {
    return new Scope(this, new HashMap<>());
  }

  void set(String name, Object value) {
    variables.put(name, value);
  }

  /** The value, or {@code otherwise}. */
  Object get(String name, Object otherwise) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      Object value = scope.variables.get(name);
      if (value != null || scope.variables.containsKey(name)) {
        return value;
      }
    }
    return otherwise;
  }
}
