package io.github.drprune.template;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's {@code format % values}. */
final class PercentFormat {
  private static final Pattern FIELD =
      Pattern.compile(
          "%(?:\\(([^)]*)\\))?([-+ #0]*)(\\*|\\d{1,9})?(?:\\.(\\*|\\d{0,9}))?[hlL]?(.)?",
          Pattern.DOTALL);

  private final Context context;
  private final Object values;
  private final List<?> several;
  private int next;

  private PercentFormat(Context context, Object values) {
    this.context = context;
    this.values = values;
    this.several = values instanceof Tuple tuple ? tuple : Tuple.of(values);
  }

  static String formatted(Context context, String format, Object values) {
    return new PercentFormat(context, values).text(format);
  }

  private String text(String format) {
    var text = new StringBuilder();
    Matcher field = FIELD.matcher(format);
    int from = 0;
    boolean named = false;
    while (field.find(from)) {
      text.append(format, from, field.start());
      from = field.end();
      named |= field.group(1) != null;
      text.append(field(field));
    }
    // Python takes whatever can be subscripted, but tuples and strings, for a mapping.
    boolean isMapping =
        values instanceof Map<?, ?>
            || values instanceof Undefined
            || values instanceof List<?> && !(values instanceof Tuple);
    if (!named && next < several.size() && !isMapping) {
      throw TemplateException.value("not all arguments converted during string formatting");
    }
    return text.append(format, from, format.length()).toString();
  }

  private Object next() {
    if (next == several.size()) {
      throw TemplateException.value("not enough arguments for format string");
    }
    return several.get(next++);
  }

  private String number(String digits) {
    return "*".equals(digits) ? context.values.str(next()) : digits;
  }

  private String field(Matcher field) {
    if (field.group(5) == null) {
      throw TemplateException.value("incomplete format");
    }
    char type = field.group(5).charAt(0);
    if (type == '%') {
      return "%";
    }
    String flags = field.group(2);
    String width = number(field.group(3));
    String precision = number(field.group(4));
    Object value = field.group(1) == null ? next() : named(field.group(1));
    boolean left = flags.contains("-");
    String spec =
        (left ? "<" : flags.contains("0") && "diuxXoeEfFgG".indexOf(type) >= 0 ? "0=" : ">")
            + (flags.contains("+") ? "+" : flags.contains(" ") ? " " : "")
            + (flags.contains("#") ? "#" : "")
            + (width == null ? "" : width);
    String digits = precision == null ? "" : "." + (precision.isEmpty() ? "0" : precision);
    return switch (type) {
      case 's', 'r', 'a' -> {
        String text = type == 's' ? context.values.str(value) : context.values.repr(value);
        String plain = (left ? "<" : ">") + (width == null ? "" : width) + digits;
        yield FormatSpec.parse(plain).format(context, text);
      }
      case 'd', 'i', 'u', 'x', 'X', 'o' -> integer(value, type, spec, precision);
      case 'e', 'E', 'f', 'F', 'g', 'G' -> {
        if (!Arithmetic.isNumber(value)) {
          throw TemplateException.value("must be real number, not %s", Values.typeName(value));
        }
        yield FormatSpec.parse(spec + digits + type).format(context, Arithmetic.floating(value));
      }
      case 'c' ->
          FormatSpec.parse((left ? "<" : ">") + (width == null ? "" : width))
              .format(context, character(value));
      default -> throw TemplateException.value("unsupported format character '%c'", type);
    };
  }

  private String integer(Object value, char type, String spec, String precision) {
    if (!Arithmetic.isNumber(value) || value instanceof Double && "xXo".indexOf(type) >= 0) {
      throw TemplateException.value(
          "%%%c format: a number is required, not %s", type, Values.typeName(value));
    }
    Object whole = value instanceof Double number ? ValueFilters.truncated(number) : value;
    if (precision != null && !precision.isEmpty() && Long.parseLong(precision) > 1) {
      throw TemplateException.value("a precision of integers is not supported");
    }
    char code = "iu".indexOf(type) >= 0 ? 'd' : type;
    return FormatSpec.parse(spec + code).format(context, whole);
  }

  private static String character(Object value) {
    if (Markup.plain(value) instanceof String text && PyStrings.length(text) == 1) {
      return text;
    }
    if (Arithmetic.isInteger(value)) {
      return FormatSpec.character(Arithmetic.big(value));
    }
    throw TemplateException.value("%%c requires an int or a unicode character");
  }

  private Object named(String name) {
    if (!(values instanceof Map<?, ?> map)) {
      throw TemplateException.value("format requires a mapping");
    }
    if (!map.containsKey(name)) {
      throw TemplateException.value("KeyError: '%s'", name);
    }
    return map.get(name);
  }
}
