package io.github.drprune.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** JSON as Python's {@code json.dumps} writes it. */
final class JsonText {
  private final Context context;
  private final boolean ascii;
  private final String indent; // null for one line
  private final String itemSeparator;
  private final String keySeparator;
  private final boolean sorted;
  private final StringBuilder text = new StringBuilder();

  private JsonText(
      Context context,
      boolean ascii,
      String indent,
      String itemSeparator,
      String keySeparator,
      boolean sorted) {
    this.context = context;
    this.ascii = ascii;
    this.indent = indent;
    this.itemSeparator = itemSeparator;
    this.keySeparator = keySeparator;
    this.sorted = sorted;
  }

  /** transformers' filter {@code tojson(ensure_ascii, indent, separators, sort_keys)}. */
  static Object ofChat(Context context, Object value, Arguments arguments) {
    var bound = arguments.bind("tojson", "ensure_ascii?", "indent?", "separators?", "sort_keys?");
    boolean ascii = context.values.truth(bound.get(0, false));
    String indent = indent(context, bound.get(1, null));
    boolean sorted = context.values.truth(bound.get(3, false));
    String item = indent == null ? ", " : ",";
    String key = ": ";
    if (bound.get(2, null) instanceof List<?> pair) {
      if (pair.size() != 2
          || !(pair.get(0) instanceof String first)
          || !(pair.get(1) instanceof String second)) {
        throw TemplateException.value("tojson(): separators are two strings");
      }
      item = first;
      key = second;
    }
    return new JsonText(context, ascii, indent, item, key, sorted).of(value);
  }

  /** jinja2's own filter {@code tojson(indent)}: keys sorted, safe in HTML. */
  static Object ofJinja(Context context, Object value, Arguments arguments) {
    String indent = indent(context, arguments.bind("tojson", "indent?").get(0, null));
    String item = indent == null ? ", " : ",";
    return new Markup(
        new JsonText(context, true, indent, item, ": ", true)
            .of(value)
            .replace("<", "\\u003c")
            .replace(">", "\\u003e")
            .replace("&", "\\u0026")
            .replace("'", "\\u0027"));
  }

  private static String indent(Context context, Object indent) {
    return switch (indent) {
      case null -> null;
      case String text -> text;
      default -> {
        long width = Math.max(0, Arguments.of(indent).bind("tojson", "indent").integer(0));
        context.work.make(width);
        yield " ".repeat((int) width);
      }
    };
  }

  private String of(Object value) {
    write(value, 0);
    return text.toString();
  }

  private void write(Object value, int depth) {
    context.work.step();
    context.work.enter();
    int start = text.length();
    switch (Markup.plain(value)) {
      case null -> text.append("null");
      case Boolean truth -> text.append(truth);
      case Long number -> text.append(number);
      case BigInteger number -> text.append(number);
      case Double number -> text.append(floating(number));
      case String string -> string(string);
      case PyRange _ -> throw notSerializable(value);
      case List<?> list -> {
        list(list, depth);
        start = text.length(); // what is inside has been counted
      }
      case Map<?, ?> map -> {
        map(map, depth);
        start = text.length();
      }
      default -> throw notSerializable(Values.usable(value));
    }
    context.work.make(text.length() - start);
    context.work.leave();
  }

  private static TemplateException notSerializable(Object value) {
    return TemplateException.value(
        "Object of type %s is not JSON serializable", Values.typeName(value));
  }

  private static String floating(double number) {
    if (Double.isNaN(number)) {
      return "NaN";
    }
    return Double.isInfinite(number)
        ? (number > 0 ? "Infinity" : "-Infinity")
        : PyFloats.repr(number);
  }

  private void newLine(int depth) {
    if (indent != null) {
      context.work.make(depth, indent.length());
      text.append('\n').repeat(indent, depth);
    }
  }

  private void list(List<?> list, int depth) {
    text.append('[');
    String separator = "";
    for (Object item : list) {
      text.append(separator);
      newLine(depth + 1);
      write(item, depth + 1);
      separator = itemSeparator;
    }
    if (!list.isEmpty()) {
      newLine(depth);
    }
    text.append(']');
  }

  private void map(Map<?, ?> map, int depth) {
    List<Object> keys = new ArrayList<>(map.keySet());
    if (sorted) {
      keys.sort(context.values::compare);
    }
    text.append('{');
    String separator = "";
    for (Object key : keys) {
      text.append(separator);
      newLine(depth + 1);
      string(key(key));
      text.append(keySeparator);
      write(map.get(key), depth + 1);
      separator = itemSeparator;
    }
    if (!map.isEmpty()) {
      newLine(depth);
    }
    text.append('}');
  }

  private static String key(Object key) {
    return switch (key) {
      case null -> "null";
      case String text -> text;
      case Boolean truth -> truth.toString();
      case Long number -> number.toString();
      case BigInteger number -> number.toString();
      case Double number -> floating(number);
      default ->
          throw TemplateException.value(
              "keys must be str, int, float, bool or None, not %s", Values.typeName(key));
    };
  }

  private void string(String string) {
    text.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        case '\b' -> text.append("\\b");
        case '\f' -> text.append("\\f");
        default -> {
          if (c < 0x20 || ascii && c > 0x7e) {
            text.append("\\u%04x".formatted((int) c));
          } else {
            text.append(c);
          }
        }
      }
    }
    text.append('"');
  }
}
