package io.github.drprune.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Python's mini-language of formats: fill, alignment, sign, width, grouping, precision, type.
 *
 * @param align one of {@code < > ^ =}, or 0
 * @param sign one of {@code + -} and space
 * @param grouping a comma, an underscore, or 0
 * @param precision -1 where none is given
 * @param type a letter or percent sign, or 0
 */
record FormatSpec(
    String fill,
    char align,
    char sign,
    boolean alternate,
    long width,
    char grouping,
    int precision,
    char type) {
  private static final Pattern SYNTAX =
      Pattern.compile(
          "(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\\d{1,9})?([,_])?(?:\\.(\\d{1,9}))?([a-zA-Z%])?",
          Pattern.DOTALL);
  private static final int MOST_DIGITS = 1000;

  static FormatSpec parse(String spec) {
    Matcher parts = SYNTAX.matcher(spec);
    if (!parts.matches()) {
      throw TemplateException.value("Invalid format specifier '%s'", spec);
    }
    boolean zero = parts.group(5) != null;
    return new FormatSpec(
        parts.group(1) != null ? parts.group(1) : zero && parts.group(2) == null ? "0" : " ",
        parts.group(2) != null ? parts.group(2).charAt(0) : zero ? '=' : 0,
        parts.group(3) != null ? parts.group(3).charAt(0) : '-',
        parts.group(4) != null,
        parts.group(6) == null ? 0 : Long.parseLong(parts.group(6)),
        parts.group(7) == null ? 0 : parts.group(7).charAt(0),
        parts.group(8) == null ? -1 : Integer.parseInt(parts.group(8)),
        parts.group(9) == null ? 0 : parts.group(9).charAt(0));
  }

  /** {@code format(value, spec)}. */
  String format(Context context, Object value) {
    return switch (value) {
      case String text -> text(context, text);
      case Double number -> floating(context, number);
      case null -> throw unsupported(value);
      default -> {
        if (Arithmetic.isInteger(value)) {
          yield integer(context, value);
        }
        throw unsupported(value);
      }
    };
  }

  private static TemplateException unsupported(Object value) {
    return TemplateException.value(
        "unsupported format string passed to %s.__format__", Values.typeName(value));
  }

  private String refuse(Object value) {
    throw TemplateException.value(
        "Unknown format code '%c' for object of type '%s'", type, Values.typeName(value));
  }

  private String text(Context context, String text) {
    if (type != 0 && type != 's') {
      return refuse(text);
    }
    boolean isCut = precision >= 0 && precision < PyStrings.length(text);
    String shown = isCut ? PyStrings.slice(text, 0, precision) : text;
    return padded(context, "", shown, align == 0 ? '<' : align);
  }

  private String integer(Context context, Object value) {
    if ("eEfFgG%".indexOf(type) >= 0 && type != 0) {
      return floating(context, Arithmetic.floating(value));
    }
    var number = Arithmetic.big(value);
    String digits =
        switch (type) {
          case 0, 'd', 'n' -> number.abs().toString();
          case 'b' -> number.abs().toString(2);
          case 'o' -> number.abs().toString(8);
          case 'x' -> number.abs().toString(16);
          case 'X' -> PyStrings.upper(number.abs().toString(16));
          case 'c' -> character(number);
          default -> refuse(value);
        };
    if (precision >= 0) {
      throw TemplateException.value("Precision not allowed in integer format specifier");
    }
    boolean prefixed = alternate && "boxX".indexOf(type) >= 0 && type != 0;
    String prefix = sign(number.signum() < 0) + (prefixed ? "0" + type : "");
    int group = type == 0 || type == 'd' || type == 'n' ? 3 : 4;
    return padded(context, prefix, grouped(digits, group, prefix), align == 0 ? '>' : align);
  }

  /** {@code chr(number)}. */
  static String character(BigInteger number) {
    if (number.bitLength() > 21 || !Character.isValidCodePoint(number.intValue())) {
      throw TemplateException.value("%s is no character", number);
    }
    return Character.toString(number.intValue());
  }

  private String sign(boolean negative) {
    return negative ? "-" : sign == '-' ? "" : String.valueOf(sign);
  }

  private String floating(Context context, double value) {
    if (precision > MOST_DIGITS) {
      throw TemplateException.value("more than %d digits are not supported", MOST_DIGITS);
    }
    boolean negative = value < 0 || value == 0 && 1 / value < 0;
    String digits =
        Double.isFinite(value)
            ? finite(new BigDecimal(Math.abs(value)), value)
            : PyFloats.notFinite(Math.abs(value)) + (type == '%' ? "%" : "");
    if (Character.isUpperCase(type)) {
      digits = PyStrings.upper(digits);
    }
    String prefix = sign(negative);
    return padded(context, prefix, grouped(digits, 3, prefix), align == 0 ? '>' : align);
  }

  private String finite(BigDecimal size, double value) {
    int digits = precision < 0 ? 6 : precision;
    return switch (Character.toLowerCase(type)) {
      case 0 ->
          precision < 0
              ? PyFloats.repr(Math.abs(value))
              : withPoint(PyFloats.general(size, digits, false), digits);
      case 'e' -> PyFloats.scientific(size, digits, alternate);
      case 'f' -> PyFloats.fixed(size, digits) + (alternate && digits == 0 ? "." : "");
      case 'g', 'n' -> PyFloats.general(size, digits, alternate);
      case '%' -> PyFloats.fixed(new BigDecimal(Math.abs(value * 100)), digits) + "%";
      default -> refuse(value);
    };
  }

  /** Without a type a float shows at least one digit after its point. */
  private static String withPoint(String text, int precision) {
    boolean whole = text.indexOf('.') < 0 && text.indexOf('e') < 0;
    return whole && text.length() < precision ? text + ".0" : text;
  }

  private String grouped(String digits, int size, String prefix) {
    if (grouping == 0) {
      return digits;
    }
    int whole = 0;
    while (whole < digits.length() && Character.digit(digits.charAt(whole), 16) >= 0) {
      whole++;
    }
    String rest = digits.substring(whole);
    var text = new StringBuilder(digits.substring(0, whole));
    if (align == '=' && fill.equals("0")) {
      // Zeros that fill up to the width are grouped as well.
      long room = Math.min(width, MOST_DIGITS) - rest.length() - prefix.length();
      while (text.length() + (text.length() - 1) / size < room) {
        text.insert(0, '0');
      }
    }
    for (int i = text.length() - size; i > 0; i -= size) {
      text.insert(i, grouping);
    }
    return text + rest;
  }

  private String padded(Context context, String prefix, String text, char alignment) {
    long missing = width - PyStrings.length(prefix) - PyStrings.length(text);
    if (missing <= 0) {
      return prefix + text;
    }
    context.work.make(missing, fill.length());
    int spaces = (int) missing;
    return switch (alignment) {
      case '<' -> prefix + text + fill.repeat(spaces);
      case '^' -> fill.repeat(spaces / 2) + prefix + text + fill.repeat(spaces - spaces / 2);
      case '=' -> prefix + fill.repeat(spaces) + text;
      default -> fill.repeat(spaces) + prefix + text;
    };
  }
}
