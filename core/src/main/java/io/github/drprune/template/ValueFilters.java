package io.github.drprune.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Map;

/** Filters of numbers and of any value. */
final class ValueFilters {
  static final Map<String, Filter> FILTERS =
      Map.ofEntries(
          Map.entry("default", ValueFilters::otherwise),
          Map.entry("d", ValueFilters::otherwise),
          Map.entry("attr", ValueFilters::attribute),
          Map.entry("abs", ValueFilters::absolute),
          Map.entry("int", ValueFilters::integer),
          Map.entry("float", ValueFilters::floating),
          Map.entry("round", ValueFilters::round),
          Map.entry("pprint", (context, value, _) -> context.values.repr(value)));

  private ValueFilters() {}

  private static Object otherwise(Context context, Object value, Arguments arguments) {
    var bound = arguments.bind("default", "default_value?", "boolean?");
    boolean missing =
        value instanceof Undefined
            || context.values.truth(bound.get(1, false)) && !context.values.truth(value);
    return missing ? bound.get(0, "") : value;
  }

  private static Object attribute(Context context, Object value, Arguments arguments) {
    String name = arguments.bind("attr", "name").string(0);
    if (value instanceof Map<?, ?> map && map.containsKey(name)) {
      // Only what is an attribute in Python, never an item.
      Object found = context.access.attribute(value, name);
      return found == map.get(name)
          ? context.undefined("'dict object' has no attribute '%s'", name)
          : found;
    }
    return context.access.attribute(value, name);
  }

  private static Object absolute(Context context, Object value, Arguments arguments) {
    arguments.bind("abs");
    if (value instanceof Double number) {
      return Math.abs(number);
    }
    Object plain = context.arithmetic.signed(false, value);
    return Arithmetic.integer(Arithmetic.big(plain).abs());
  }

  /** The integer towards zero. */
  static Object truncated(double number) {
    if (!Double.isFinite(number)) {
      throw TemplateException.value("cannot convert float %s to integer", PyFloats.repr(number));
    }
    return Arithmetic.integer(new BigDecimal(number).toBigInteger());
  }

  private static Object integer(Context context, Object value, Arguments arguments) {
    var bound = arguments.bind("int", "default?", "base?");
    Object otherwise = bound.get(0, 0L);
    return switch (value) {
      case Double number -> Double.isFinite(number) ? truncated(number) : otherwise;
      case String text -> {
        Object parsed = parsed(text, bound.integer(1, 10));
        if (parsed == null) {
          Double number = parsedFloat(text);
          yield number == null || !Double.isFinite(number) ? otherwise : truncated(number);
        }
        yield parsed;
      }
      case Undefined undefined -> throw undefined.used();
      case null, default ->
          Arithmetic.isInteger(value) ? Arithmetic.integer(Arithmetic.big(value)) : otherwise;
    };
  }

  /** {@code int(text, base)}, or null. */
  private static Object parsed(String text, long base) {
    String digits = PyStrings.stripped(text);
    boolean negative = digits.startsWith("-");
    if (negative || digits.startsWith("+")) {
      digits = digits.substring(1);
    }
    long radix = base;
    String prefix = PyStrings.lower(digits.substring(0, Math.min(2, digits.length())));
    long ofPrefix =
        switch (prefix) {
          case "0b" -> 2;
          case "0o" -> 8;
          case "0x" -> 16;
          default -> 0;
        };
    if (ofPrefix != 0 && (base == ofPrefix || base == 0)) {
      digits = digits.substring(digits.startsWith("_", 2) ? 3 : 2);
      radix = ofPrefix;
    }
    if (!digits.matches("[0-9a-zA-Z]+(_[0-9a-zA-Z]+)*")
        || radix < 2
        || radix > 36
        || digits.length() > 4300) {
      return null;
    }
    try {
      BigInteger number = new BigInteger(digits.replace("_", ""), (int) radix);
      return Arithmetic.integer(negative ? number.negate() : number);
    } catch (NumberFormatException _) {
      return null;
    }
  }

  /** {@code float(text)}, or null. */
  private static Double parsedFloat(String text) {
    String digits = PyStrings.lower(PyStrings.stripped(text));
    if (digits.matches("[+-]?(inf|infinity)")) {
      return digits.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    if (digits.matches("[+-]?nan")) {
      return Double.NaN;
    }
    boolean isNumber =
        digits.length() < 5000
            && digits.matches(
                "[+-]?(\\d+(_\\d+)*\\.?|(\\d+(_\\d+)*)?\\.\\d+(_\\d+)*)(e[+-]?\\d+(_\\d+)*)?");
    return isNumber ? Double.valueOf(digits.replace("_", "")) : null;
  }

  private static Object floating(Context context, Object value, Arguments arguments) {
    Object otherwise = arguments.bind("float", "default?").get(0, 0.0);
    if (value instanceof String text) {
      Double parsed = parsedFloat(text);
      return parsed == null ? otherwise : parsed;
    }
    if (value instanceof Undefined undefined) {
      throw undefined.used();
    }
    return Arithmetic.isNumber(value) ? (Object) Arithmetic.floating(value) : otherwise;
  }

  private static Object round(Context context, Object value, Arguments arguments) {
    var bound = arguments.bind("round", "precision?", "method?");
    int precision = Math.clamp(bound.integer(0, 0), -400, 400);
    if (value instanceof Undefined undefined) {
      throw undefined.used();
    }
    if (!Arithmetic.isNumber(value)) {
      throw TemplateException.value(
          "type %s doesn't define __round__ method", Values.typeName(value));
    }
    return switch (bound.string(1, "common")) {
      case "common" -> rounded(value, precision);
      case "ceil" -> scaled(value, precision, RoundingMode.CEILING);
      case "floor" -> scaled(value, precision, RoundingMode.FLOOR);
      default -> throw TemplateException.value("method must be common, ceil or floor");
    };
  }

  private static Object rounded(Object value, int precision) {
    if (Arithmetic.isInteger(value)) {
      BigInteger number = Arithmetic.big(value);
      return Arithmetic.integer(
          precision >= 0
              ? number
              : new BigDecimal(number)
                  .setScale(precision, RoundingMode.HALF_EVEN)
                  .toBigIntegerExact());
    }
    double number = (Double) value;
    if (!Double.isFinite(number) || number == 0) {
      return number;
    }
    double rounded =
        new BigDecimal(number).setScale(precision, RoundingMode.HALF_EVEN).doubleValue();
    return Math.copySign(rounded, number);
  }

  private static double scaled(Object value, int precision, RoundingMode mode) {
    double number = Arithmetic.floating(value);
    if (!Double.isFinite(number)) {
      throw TemplateException.value("cannot convert float %s to integer", PyFloats.repr(number));
    }
    double scale = Math.pow(10, precision);
    double whole =
        mode == RoundingMode.CEILING ? Math.ceil(number * scale) : Math.floor(number * scale);
    return (whole == 0 ? 0.0 : whole) / scale;
  }
}
