package io.github.drprune.template;

/** Python's {@code str.format}. */
final class FormatString {
  private final Context context;
  private final Arguments arguments;
  private int automatic;

  private FormatString(Context context, Arguments arguments) {
    this.context = context;
    this.arguments = arguments;
  }

  static String formatted(Context context, String format, Arguments arguments) {
    return new FormatString(context, arguments).text(format, 2);
  }

  private String text(String format, int depth) {
    if (depth == 0) {
      throw TemplateException.value("Max string recursion exceeded");
    }
    var text = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      boolean doubled = i + 1 < format.length() && format.charAt(i + 1) == c;
      if ((c == '{' || c == '}') && doubled) {
        text.append(c);
        i++;
      } else if (c == '}') {
        throw TemplateException.value("Single '}' encountered in format string");
      } else if (c == '{') {
        int end = closing(format, i);
        text.append(field(format.substring(i + 1, end), depth));
        i = end;
      } else {
        text.append(c);
      }
    }
    context.work.make(text.length());
    return text.toString();
  }

  private static int closing(String format, int open) {
    int depth = 0;
    for (int i = open; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c == '{') {
        depth++;
      } else if (c == '}' && --depth == 0) {
        return i;
      }
    }
    throw TemplateException.value("expected '}' before end of string");
  }

  private String field(String field, int depth) {
    int colon = separator(field);
    String spec = colon < 0 ? "" : text(field.substring(colon + 1), depth - 1);
    String name = colon < 0 ? field : field.substring(0, colon);
    char conversion = 0;
    if (name.length() >= 2 && name.charAt(name.length() - 2) == '!') {
      conversion = name.charAt(name.length() - 1);
      name = name.substring(0, name.length() - 2);
    }
    Object value = value(name);
    value =
        switch (conversion) {
          case 0 -> value;
          case 's' -> context.values.str(value);
          case 'r' -> context.values.repr(value);
          default -> throw TemplateException.value("Unknown conversion specifier '%c'", conversion);
        };
    return spec.isEmpty()
        ? context.values.str(value)
        : FormatSpec.parse(spec).format(context, value);
  }

  /** The colon before the specification; one in brackets is part of a key. */
  private static int separator(String field) {
    boolean inKey = false;
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      inKey = c == '[' || inKey && c != ']';
      if (c == ':' && !inKey) {
        return i;
      }
    }
    return -1;
  }

  private Object value(String name) {
    int end = 0;
    while (end < name.length() && name.charAt(end) != '.' && name.charAt(end) != '[') {
      end++;
    }
    Object value = argument(name.substring(0, end));
    while (end < name.length()) {
      if (name.charAt(end) == '.') {
        int start = ++end;
        while (end < name.length() && name.charAt(end) != '.' && name.charAt(end) != '[') {
          end++;
        }
        value = context.access.attribute(value, name.substring(start, end));
      } else {
        int close = name.indexOf(']', end);
        if (close < 0) {
          throw TemplateException.value("Missing ']' in format string");
        }
        String key = name.substring(end + 1, close);
        boolean isIndex = !key.isEmpty() && key.chars().allMatch(c -> c >= '0' && c <= '9');
        value = context.access.item(value, isIndex ? index(key) : key);
        end = close + 1;
      }
    }
    return value;
  }

  private static Object index(String digits) {
    if (digits.length() > 9) {
      throw TemplateException.value("Too many decimal digits in format string");
    }
    return Long.valueOf(digits);
  }

  private Object argument(String name) {
    if (name.isEmpty() || name.chars().allMatch(c -> c >= '0' && c <= '9')) {
      long index = name.isEmpty() ? automatic++ : (Long) index(name);
      if (index >= arguments.positional().size()) {
        throw TemplateException.value("Replacement index %d out of range", index);
      }
      return arguments.positional().get((int) index);
    }
    if (!arguments.named().containsKey(name)) {
      throw TemplateException.value("KeyError: '%s'", name);
    }
    return arguments.named().get(name);
  }
}
