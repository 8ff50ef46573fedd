package io.github.drprune.tasks.python;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Values written as Python writes them, as {@code ast.literal_eval} reads them: text, numbers,
 * {@code True}, {@code False}, {@code None}, lists, tuples and dictionaries.
 */
public final class PythonLiteral {
  private static final int DEEPEST = 100;

  private final String source;
  private int at;
  private int depth;

  private PythonLiteral(String source) {
    this.source = source;
  }

  /**
   * The value as a String, Long, Double, Boolean, List, Map or null.
   *
   * @throws IllegalArgumentException saying what is wrong where
   */
  public static Object parse(String source) {
    var literal = new PythonLiteral(source.strip());
    Object value = literal.value();
    literal.skip();
    if (literal.at < literal.source.length()) {
      throw literal.wrong("more after the value");
    }
    return value;
  }

  private Object value() {
    skip();
    if (at == source.length()) {
      throw wrong("a value is missing");
    }
    if (++depth > DEEPEST) {
      throw wrong("nested too deeply");
    }
    char c = source.charAt(at);
    Object value =
        switch (c) {
          case '[' -> list(']');
          case '(' -> tuple();
          case '{' -> dictionary();
          case '\'', '"' -> text();
          case '-', '+' -> signed();
          default -> Character.isDigit(c) || c == '.' ? number() : isText() ? text() : constant();
        };
    depth--;
    return value;
  }

  private boolean isText() {
    int end = at;
    while (end < source.length() && "rbuRBU".indexOf(source.charAt(end)) >= 0) {
      end++;
    }
    return end < source.length() && (source.charAt(end) == '\'' || source.charAt(end) == '"');
  }

  private List<Object> list(char end) {
    at++;
    List<Object> elements = new ArrayList<>();
    while (!accept(end)) {
      if (!elements.isEmpty()) {
        expect(',');
        if (accept(end)) {
          break;
        }
      }
      elements.add(value());
    }
    return elements;
  }

  /** A value in parentheses is itself unless a comma follows it. */
  private Object tuple() {
    int from = at;
    List<Object> elements = list(')');
    String inside = source.substring(from, at - 1).stripTrailing();
    return elements.size() == 1 && !inside.endsWith(",") ? elements.getFirst() : elements;
  }

  private Map<Object, Object> dictionary() {
    at++;
    Map<Object, Object> entries = new LinkedHashMap<>();
    while (!accept('}')) {
      if (!entries.isEmpty()) {
        expect(',');
        if (accept('}')) {
          break;
        }
      }
      Object key = value();
      expect(':');
      entries.put(key, value());
    }
    return entries;
  }

  private Object signed() {
    boolean negative = source.charAt(at++) == '-';
    skip();
    if (at == source.length()
        || !Character.isDigit(source.charAt(at)) && source.charAt(at) != '.') {
      throw wrong("a number is missing");
    }
    return switch (number()) {
      case Long whole -> negative ? -whole : whole;
      case Double real -> negative ? -real : real;
      default -> throw new AssertionError("a number is whole or real");
    };
  }

  private Object number() {
    int from = at;
    while (at < source.length()
        && isOfNumber(source.charAt(at), at == from ? ' ' : source.charAt(at - 1))) {
      at++;
    }
    String digits = source.substring(from, at).replace("_", "");
    try {
      String lower = digits.toLowerCase(Locale.ROOT);
      if (lower.startsWith("0x")) {
        return Long.parseLong(lower.substring(2), 16);
      }
      if (lower.contains(".") || lower.contains("e")) {
        return Double.parseDouble(lower);
      }
      if (lower.length() > 1 && lower.startsWith("0") && !lower.matches("0+")) {
        throw wrong("a number begins with 0");
      }
      return new BigInteger(lower).longValueExact();
    } catch (NumberFormatException | ArithmeticException e) {
      throw new IllegalArgumentException("not a number that can be used: %s".formatted(digits), e);
    }
  }

  private static boolean isOfNumber(char c, char before) {
    boolean sign = (c == '-' || c == '+') && (before == 'e' || before == 'E');
    return sign || c == '.' || c == '_' || c < 128 && Character.isLetterOrDigit(c);
  }

  private Object constant() {
    for (String word : List.of("None", "True", "False")) {
      if (source.startsWith(word, at)) {
        at += word.length();
        return word.equals("None") ? null : (Object) word.equals("True");
      }
    }
    throw wrong("neither text in quotes, nor a number, list or dictionary");
  }

  /** Texts that follow each other are one. */
  private String text() {
    var text = new StringBuilder();
    while (at < source.length() && isText()) {
      boolean raw = false;
      while (source.charAt(at) != '\'' && source.charAt(at) != '"') {
        raw |= Character.toLowerCase(source.charAt(at++)) == 'r';
      }
      quoted(raw, text);
      skip();
    }
    return text.toString();
  }

  private void quoted(boolean raw, StringBuilder text) {
    String quote = source.substring(at, at + 1);
    if (source.startsWith(quote.repeat(3), at)) {
      quote = quote.repeat(3);
    }
    at += quote.length();
    while (!source.startsWith(quote, at)) {
      if (at >= source.length() || quote.length() == 1 && source.charAt(at) == '\n') {
        throw wrong("a text does not end");
      }
      char c = source.charAt(at++);
      if (c != '\\' || at == source.length()) {
        text.append(c);
      } else if (raw) {
        text.append(c).append(source.charAt(at++));
      } else {
        escape(source.charAt(at++), text);
      }
    }
    at += quote.length();
  }

  private void escape(char c, StringBuilder text) {
    switch (c) {
      case '\n' -> {}
      case '\\', '\'', '"' -> text.append(c);
      case 'a' -> text.append('\u0007');
      case 'b' -> text.append('\b');
      case 'f' -> text.append('\f');
      case 'n' -> text.append('\n');
      case 'r' -> text.append('\r');
      case 't' -> text.append('\t');
      case 'v' -> text.append('\u000b');
      case 'x' -> text.appendCodePoint(code(2, 16));
      case 'u' -> text.appendCodePoint(code(4, 16));
      case 'U' -> text.appendCodePoint(code(8, 16));
      case '0', '1', '2', '3', '4', '5', '6', '7' -> {
        at--;
        int length = 1;
        while (length < 3 && at + length < source.length() && isOctal(source.charAt(at + length))) {
          length++;
        }
        text.appendCodePoint(code(length, 8));
      }
      default -> text.append('\\').append(c);
    }
  }

  private static boolean isOctal(char c) {
    return c >= '0' && c <= '7';
  }

  private int code(int digits, int radix) {
    if (at + digits > source.length()) {
      throw wrong("an escape ends early");
    }
    String code = source.substring(at, at + digits);
    at += digits;
    try {
      int point = Integer.parseInt(code, radix);
      if (Character.isValidCodePoint(point)) {
        return point;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw wrong("an escape names no character");
  }

  private void skip() {
    while (at < source.length() && " \t\r\n\f".indexOf(source.charAt(at)) >= 0) {
      at++;
    }
  }

  private boolean accept(char c) {
    skip();
    if (at < source.length() && source.charAt(at) == c) {
      at++;
      return true;
    }
    if (at == source.length()) {
      throw wrong("'%c' is missing".formatted(c));
    }
    return false;
  }

  private void expect(char c) {
    if (!accept(c)) {
      throw wrong("'%c' is missing".formatted(c));
    }
  }

  private IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException("%s at character %d".formatted(what, at + 1));
  }
}
