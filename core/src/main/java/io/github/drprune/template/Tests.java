package io.github.drprune.template;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;

/** What can stand after {@code is}. */
final class Tests {
  private Tests() {}

  static boolean passes(Context context, String name, Object value, Arguments arguments) {
    Values values = context.values;
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value == null;
      case "boolean" -> value instanceof Boolean;
      case "true" -> Boolean.TRUE.equals(value);
      case "false" -> Boolean.FALSE.equals(value);
      case "string" -> value instanceof String;
      case "number" -> Arithmetic.isNumber(value);
      case "integer" -> Arithmetic.isInteger(value) && !(value instanceof Boolean);
      case "float" -> value instanceof Double;
      case "mapping" -> value instanceof Map<?, ?>;
      case "sequence" -> isSequence(value);
      case "iterable" -> values.isIterable(value);
      case "callable" -> value instanceof Callable;
      case "escaped" -> false;
      case "odd" -> modulo(context, value, 2) == 1;
      case "even" -> modulo(context, value, 2) == 0;
      case "divisibleby" -> {
        long divisor = arguments.bind(name, "num").integer(0);
        yield modulo(context, value, divisor) == 0;
      }
      case "lower" -> StringMethods.isLower(values.str(value));
      case "upper" -> StringMethods.isUpper(values.str(value));
      case "sameas" -> isSame(value, operand(name, arguments));
      case "in" -> values.contains(operand(name, arguments), value);
      case "eq", "==", "equalto" -> values.equal(value, operand(name, arguments));
      case "ne", "!=" -> !values.equal(value, operand(name, arguments));
      case "lt", "<", "lessthan" -> ordered(context, "<", value, operand(name, arguments));
      case "le", "<=" -> ordered(context, "<=", value, operand(name, arguments));
      case "gt", ">", "greaterthan" -> ordered(context, ">", value, operand(name, arguments));
      case "ge", ">=" -> ordered(context, ">=", value, operand(name, arguments));
      case "filter" -> exists(() -> Filter.named(context.options, values.str(value)));
      default -> throw TemplateException.value("No test named '%s'", name);
    };
  }

  private static Object operand(String name, Arguments arguments) {
    return arguments.bind(name, "other").get(0);
  }

  private static boolean exists(Runnable lookup) {
    try {
      lookup.run();
      return true;
    } catch (TemplateException _) {
      return false;
    }
  }

  private static boolean isSequence(Object value) {
    return value instanceof String
        || value instanceof List<?>
        || value instanceof Map<?, ?>
        || value instanceof Undefined undefined && !undefined.strict();
  }

  private static long modulo(Context context, Object value, long divisor) {
    Object remainder = context.arithmetic.calculated("%", value, divisor);
    return remainder instanceof Double number
        ? number == Math.rint(number) ? number.longValue() : -1
        : Arithmetic.big(remainder).longValue();
  }

  private static boolean isSame(Object a, Object b) {
    return a == b
        || a instanceof Boolean && a.equals(b)
        || a instanceof Long && a.equals(b)
        || a instanceof BigInteger && a.equals(b)
        || a instanceof String && a.equals(b);
  }

  /** Whether a comparison holds; none holds with NaN. */
  static boolean ordered(Context context, String operator, Object a, Object b) {
    int order = context.values.compare(a, b);
    if (a instanceof Double x && x.isNaN() || b instanceof Double y && y.isNaN()) {
      return false;
    }
    return switch (operator) {
      case "<" -> order < 0;
      case "<=" -> order <= 0;
      case ">" -> order > 0;
      case ">=" -> order >= 0;
      default -> throw new AssertionError(operator);
    };
  }
}
