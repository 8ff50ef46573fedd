package io.github.drprune.template;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The arguments of a call. */
record Arguments(List<Object> positional, Map<String, Object> named) {
  static final Arguments NONE = new Arguments(List.of(), Map.of());

  private static final Object ABSENT = new Object();

  static Arguments of(Object... positional) {
    return new Arguments(Arrays.asList(positional), Map.of());
  }

  /** All but the first {@code count} positional ones. */
  Arguments after(int count) {
    return new Arguments(positional.subList(count, positional.size()), named);
  }

  /**
   * The arguments in the order of {@code parameters}; the name of one that may be left out ends in
   * {@code ?}.
   */
  Bound bind(String function, String... parameters) {
    if (positional.size() > parameters.length) {
      throw TemplateException.value(
          "%s() takes at most %d arguments, not %d",
          function, parameters.length, positional.size());
    }
    var values = new Object[parameters.length];
    int used = 0;
    for (int i = 0; i < parameters.length; i++) {
      boolean optional = parameters[i].endsWith("?");
      String name =
          optional ? parameters[i].substring(0, parameters[i].length() - 1) : parameters[i];
      boolean isNamed = named.containsKey(name);
      if (i < positional.size()) {
        if (isNamed) {
          throw TemplateException.value("%s() got '%s' twice", function, name);
        }
        values[i] = positional.get(i);
      } else if (isNamed) {
        values[i] = named.get(name);
      } else if (optional) {
        values[i] = ABSENT;
      } else {
        throw TemplateException.value("%s() lacks its argument '%s'", function, name);
      }
      used += isNamed ? 1 : 0;
    }
    if (used < named.size()) {
      throw TemplateException.value(
          "%s() takes no such argument as one of %s", function, named.keySet());
    }
    return new Bound(function, values);
  }

  /** Arguments by the place of their parameter. */
  record Bound(String function, Object[] values) {
    boolean has(int index) {
      return values[index] != ABSENT;
    }

    Object get(int index, Object otherwise) {
      return has(index) ? values[index] : otherwise;
    }

    Object get(int index) {
      return values[index];
    }

    String string(int index) {
      if (Markup.plain(values[index]) instanceof String text) {
        return text;
      }
      throw wrongType(index, "a string");
    }

    String string(int index, String otherwise) {
      return has(index) ? string(index) : otherwise;
    }

    /** A string, or null where there is none or it is None. */
    String stringOrNull(int index) {
      return has(index) && values[index] != null ? string(index) : null;
    }

    long integer(int index) {
      return switch (values[index]) {
        case Long number -> number;
        case Boolean truth -> truth ? 1 : 0;
        case null, default -> throw wrongType(index, "an integer");
      };
    }

    long integer(int index, long otherwise) {
      return has(index) ? integer(index) : otherwise;
    }

    private TemplateException wrongType(int index, String expected) {
      return TemplateException.value(
          "%s(): argument %d is '%s', not %s",
          function, index + 1, Values.typeName(values[index]), expected);
    }
  }
}
