package io.github.drprune.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/** Strings as Python sees them: sequences of code points, with its notion of white space. */
public final class PyStrings {
  private PyStrings() {}

  /** {@code str.isspace} of a character. */
  public static boolean isSpace(int c) {
    return c >= 0x1c && c <= 0x20
        || c >= '\t' && c <= '\r'
        || c == 0x85
        || c == 0xa0
        || c > 0xff && Character.isSpaceChar(c);
  }

  /** {@code str.isdigit} of a character: superscript and subscript digits are some as well. */
  public static boolean isDigit(int c) {
    return Character.isDigit(c)
        || c == 0xb2
        || c == 0xb3
        || c == 0xb9
        || c >= 0x2070 && c <= 0x2089 && c != 0x2071;
  }

  static boolean isBlank(String text) {
    return text.chars().allMatch(PyStrings::isSpace);
  }

  /** {@code str.rstrip}. */
  public static String rightStripped(String text) {
    return stripped(text, PyStrings::isSpace, false, true);
  }

  /** {@code str.strip}. */
  public static String stripped(String text) {
    return stripped(text, PyStrings::isSpace, true, true);
  }

  static String stripped(String text, IntPredicate away, boolean left, boolean right) {
    int start = 0;
    int end = text.length();
    while (left && start < end && away.test(text.codePointAt(start))) {
      start += Character.charCount(text.codePointAt(start));
    }
    while (right && end > start && away.test(text.codePointBefore(end))) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(start, end);
  }

  /** {@code len} of a string. */
  public static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /** Code points [from, to). */
  static String slice(String text, int from, int to) {
    int start = text.offsetByCodePoints(0, from);
    return text.substring(start, text.offsetByCodePoints(start, to - from));
  }

  /** The character at a code point's index. */
  static String at(String text, int index) {
    return slice(text, index, index + 1);
  }

  static List<Object> characters(String text) {
    List<Object> characters = new ArrayList<>(text.length());
    text.codePoints().forEach(c -> characters.add(Character.toString(c)));
    return characters;
  }

  /** Lines as {@code str.splitlines} parts them. */
  static List<Object> lines(String text, boolean keepEnds) {
    List<Object> lines = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < text.length(); ) {
      int end = i;
      char c = text.charAt(i++);
      if (!isLineEnd(c)) {
        continue;
      }
      if (c == '\r' && i < text.length() && text.charAt(i) == '\n') {
        i++;
      }
      lines.add(text.substring(start, keepEnds ? i : end));
      start = i;
    }
    if (start < text.length()) {
      lines.add(text.substring(start));
    }
    return lines;
  }

  private static boolean isLineEnd(char c) {
    return c >= '\n' && c <= '\r'
        || c >= 0x1c && c <= 0x1e
        || c == 0x85
        || c == 0x2028
        || c == 0x2029;
  }

  /** {@code str.capitalize}: the first character in title case, the rest in lower case. */
  public static String capitalized(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.offsetByCodePoints(0, 1);
    return Character.toString(Character.toTitleCase(text.codePointAt(0)))
        + lower(text.substring(first));
  }

  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  static String upper(String text) {
    return text.toUpperCase(Locale.ROOT);
  }

  /** {@code str.isprintable} of a character. */
  static boolean isPrintable(int c) {
    return c == ' '
        || switch (Character.getType(c)) {
          case Character.CONTROL,
              Character.FORMAT,
              Character.SURROGATE,
              Character.PRIVATE_USE,
              Character.UNASSIGNED,
              Character.LINE_SEPARATOR,
              Character.PARAGRAPH_SEPARATOR,
              Character.SPACE_SEPARATOR ->
              false;
          default -> true;
        };
  }

  /** {@code repr} of a string. */
  static String repr(String text) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    var repr = new StringBuilder(text.length() + 2).append(quote);
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '\\' -> repr.append("\\\\");
                case '\n' -> repr.append("\\n");
                case '\r' -> repr.append("\\r");
                case '\t' -> repr.append("\\t");
                default -> {
                  if (c == quote) {
                    repr.append('\\').append(quote);
                  } else if (isPrintable(c)) {
                    repr.appendCodePoint(c);
                  } else {
                    repr.append(
                        (c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x").formatted(c));
                  }
                }
              }
            });
    return repr.append(quote).toString();
  }
}
