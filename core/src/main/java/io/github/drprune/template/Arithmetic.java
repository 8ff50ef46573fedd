package io.github.drprune.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/** Operators on numbers, strings and lists. */
final class Arithmetic {
  /** Beyond this a power is not calculated: no template needs it. */
  private static final int MOST_BITS = 1 << 14;

  private final Context context;

  Arithmetic(Context context) {
    this.context = context;
  }

  /** An integer in its smallest form. */
  static Object integer(BigInteger value) {
    if (value.bitLength() > MOST_BITS) {
      throw new TemplateException(
          TemplateException.Reason.LIMIT,
          "the template was stopped: a number of more than %d bits".formatted(MOST_BITS));
    }
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  static boolean isNumber(Object value) {
    return value instanceof Double || isInteger(value);
  }

  /** Whether it is an int, of which bool is a kind. */
  static boolean isInteger(Object value) {
    return value instanceof Long || value instanceof Boolean || value instanceof BigInteger;
  }

  static BigInteger big(Object integer) {
    return switch (integer) {
      case Boolean truth -> truth ? BigInteger.ONE : BigInteger.ZERO;
      case BigInteger number -> number;
      default -> BigInteger.valueOf((Long) integer);
    };
  }

  static double floating(Object number) {
    if (number instanceof Double value) {
      return value;
    }
    double value = big(number).doubleValue();
    if (Double.isInfinite(value)) {
      throw TemplateException.value("int too large to convert to float");
    }
    return value;
  }

  /** The order of two numbers; not 0 where one is NaN. */
  static int compareNumbers(Object a, Object b) {
    if (a instanceof Double x && !Double.isFinite(x)
        || b instanceof Double y && !Double.isFinite(y)) {
      double left = floating(a);
      double right = floating(b);
      return left < right ? -1 : left == right ? 0 : 1;
    }
    if (a instanceof Long x && b instanceof Long y) {
      return Long.compare(x, y);
    }
    return exact(a).compareTo(exact(b));
  }

  private static BigDecimal exact(Object number) {
    return number instanceof Double value ? new BigDecimal(value) : new BigDecimal(big(number));
  }

  /** {@code -value} or {@code +value}. */
  Object signed(boolean negative, Object value) {
    if (value instanceof Undefined undefined) {
      throw undefined.used();
    }
    if (value instanceof Double number) {
      return negative ? -number : number;
    }
    if (!isInteger(value)) {
      throw TemplateException.value(
          "bad operand type for unary %s: '%s'", negative ? "-" : "+", Values.typeName(value));
    }
    return integer(negative ? big(value).negate() : big(value));
  }

  Object calculated(String operator, Object a, Object b) {
    if (a instanceof Markup || b instanceof Markup) {
      return ofMarkup(operator, a, b);
    }
    if (operator.equals("%") && a instanceof String format) {
      return context.made(PercentFormat.formatted(context, format, b));
    }
    if (a instanceof Undefined undefined) {
      throw undefined.used();
    }
    if (b instanceof Undefined undefined) {
      throw undefined.used();
    }
    if (isNumber(a) && isNumber(b)) {
      return isInteger(a) && isInteger(b) ? integers(operator, a, b) : floats(operator, a, b);
    }
    return switch (operator) {
      case "+" -> added(a, b);
      case "*" -> {
        if (isInteger(a)) {
          yield repeated(b, a);
        }
        if (isInteger(b)) {
          yield repeated(a, b);
        }
        throw unsupported(operator, a, b);
      }
      default -> throw unsupported(operator, a, b);
    };
  }

  /** With a safe string on one side, a string on the other is escaped. */
  private Object ofMarkup(String operator, Object a, Object b) {
    if (operator.equals("%") && a instanceof Markup(String format)) {
      Object values =
          switch (b) {
            case Tuple several -> new Tuple(several.stream().map(this::escapedText).toList());
            case null, default -> escapedText(b);
          };
      return new Markup(context.made(PercentFormat.formatted(context, format, values)));
    }
    if (operator.equals("%") || !(a instanceof Markup)) {
      boolean isAdded = operator.equals("+") && a instanceof String;
      Object plain = calculated(operator, isAdded ? escapedText(a) : a, Markup.plain(b));
      return operator.equals("%") ? plain : Markup.like(plain);
    }
    boolean isAdded = operator.equals("+");
    return Markup.like(
        calculated(operator, Markup.plain(a), isAdded ? escapedText(b) : Markup.plain(b)));
  }

  /** A string escaped unless it is safe; another value as it is. */
  private Object escapedText(Object value) {
    return value instanceof String || value instanceof Markup
        ? Markup.escaped(context, value)
        : value;
  }

  private static TemplateException unsupported(String operator, Object a, Object b) {
    return TemplateException.value(
        "unsupported operand types for %s: '%s' and '%s'",
        operator, Values.typeName(a), Values.typeName(b));
  }

  private Object added(Object a, Object b) {
    if (a instanceof String x && b instanceof String y) {
      context.work.make((long) x.length() + y.length());
      return x.concat(y);
    }
    if (a instanceof String) {
      throw TemplateException.value(
          "can only concatenate str (not \"%s\") to str", Values.typeName(b));
    }
    if (a instanceof List<?> x
        && b instanceof List<?> y
        && Values.typeName(a).equals(Values.typeName(b))
        && !(a instanceof PyRange)) {
      context.work.make((long) x.size() + y.size());
      List<Object> joined = new ArrayList<>(x);
      joined.addAll(y);
      return a instanceof Tuple ? new Tuple(joined) : joined;
    }
    throw unsupported("+", a, b);
  }

  private Object repeated(Object value, Object count) {
    int times =
        big(count).max(BigInteger.ZERO).min(BigInteger.valueOf(Integer.MAX_VALUE)).intValue();
    return switch (value) {
      case String text -> {
        context.work.make(times, text.length());
        yield text.repeat(text.isEmpty() ? 0 : times);
      }
      case PyRange _ -> throw unsupported("*", value, count);
      case List<?> list -> {
        context.work.make(times, list.size());
        List<Object> repeated = new ArrayList<>(list.size() * times);
        for (int i = 0; i < times && !list.isEmpty(); i++) {
          repeated.addAll(list);
        }
        yield value instanceof Tuple ? new Tuple(repeated) : repeated;
      }
      case null, default -> throw unsupported("*", value, count);
    };
  }

  private Object integers(String operator, Object left, Object right) {
    BigInteger a = big(left);
    BigInteger b = big(right);
    if ("/ // %".contains(operator) && b.signum() == 0) {
      throw TemplateException.value("division by zero");
    }
    return switch (operator) {
      case "+" -> integer(a.add(b));
      case "-" -> integer(a.subtract(b));
      case "*" -> integer(a.multiply(b));
      case "/" -> quotient(a, b);
      case "//" -> integer(floorDivided(a, b));
      case "%" -> integer(a.subtract(floorDivided(a, b).multiply(b)));
      case "**" -> power(a, b);
      default -> throw new AssertionError(operator);
    };
  }

  /** The float next to the exact quotient. */
  private static double quotient(BigInteger a, BigInteger b) {
    if (a.bitLength() <= 53 && b.bitLength() <= 53) {
      return a.doubleValue() / b.doubleValue();
    }
    return new BigDecimal(a).divide(new BigDecimal(b), MathContext.DECIMAL128).doubleValue();
  }

  private static BigInteger floorDivided(BigInteger a, BigInteger b) {
    BigInteger[] parts = a.divideAndRemainder(b);
    return parts[1].signum() != 0 && parts[1].signum() != b.signum()
        ? parts[0].subtract(BigInteger.ONE)
        : parts[0];
  }

  private static Object power(BigInteger a, BigInteger b) {
    if (b.signum() < 0) {
      if (a.signum() == 0) {
        throw TemplateException.value("0.0 cannot be raised to a negative power");
      }
      return Math.pow(a.doubleValue(), b.doubleValue());
    }
    if (a.bitLength() <= 1 && b.bitLength() > 31) { // 0, 1 and -1 to any power
      return a.signum() < 0 && !b.testBit(0) ? 1L : a.longValue();
    }
    if (b.bitLength() > 31 || (long) (a.bitLength() - 1) * b.intValue() > MOST_BITS) {
      throw new TemplateException(
          TemplateException.Reason.LIMIT,
          "the template was stopped: a number of more than %d bits".formatted(MOST_BITS));
    }
    return integer(a.pow(b.intValue()));
  }

  private static Object floats(String operator, Object left, Object right) {
    double a = floating(left);
    double b = floating(right);
    if ("/ // %".contains(operator) && b == 0) {
      throw TemplateException.value("float division by zero");
    }
    return switch (operator) {
      case "+" -> a + b;
      case "-" -> a - b;
      case "*" -> a * b;
      case "/" -> a / b;
      case "//" -> floorDivided(a, b);
      case "%" -> modulo(a, b);
      case "**" -> {
        if (a == 0 && b < 0) {
          throw TemplateException.value("0.0 cannot be raised to a negative power");
        }
        double power = Math.pow(a, b);
        if (Double.isNaN(power) && !Double.isNaN(a) && !Double.isNaN(b)) {
          throw TemplateException.value("a complex number is not supported");
        }
        if (Double.isInfinite(power) && Double.isFinite(a) && Double.isFinite(b)) {
          throw TemplateException.value("numerical result out of range");
        }
        yield power;
      }
      default -> throw new AssertionError(operator);
    };
  }

  private static double modulo(double a, double b) {
    double remainder = a % b;
    if (remainder == 0) {
      return Math.copySign(0, b);
    }
    return remainder < 0 != b < 0 ? remainder + b : remainder;
  }

  /** As CPython's float_divmod: exact where the quotient is an integer. */
  private static double floorDivided(double a, double b) {
    double remainder = a % b;
    double quotient = (a - remainder) / b;
    if (remainder != 0 && remainder < 0 != b < 0) {
      quotient -= 1;
    }
    if (quotient == 0) {
      return Math.copySign(0, a / b);
    }
    double floor = Math.floor(quotient);
    return quotient - floor > 0.5 ? floor + 1 : floor;
  }
}
