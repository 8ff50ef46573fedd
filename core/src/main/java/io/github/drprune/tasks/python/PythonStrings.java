package io.github.drprune.tasks.python;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Methods of Python's {@code str}; characters are code points. */
public final class PythonStrings {
  private PythonStrings() {}

  /** {@code str.isspace()} of one character. */
  public static boolean isSpace(int point) {
    return switch (point) {
      case 0x1c, 0x1d, 0x1e, 0x1f, 0x85, 0xa0, 0x2007, 0x202f -> true;
      default ->
          Character.isWhitespace(point) || Character.getType(point) == Character.SPACE_SEPARATOR;
    };
  }

  /** Whether the last character of {@code text} is white space. */
  public static boolean endsWithSpace(String text) {
    return !text.isEmpty() && isSpace(text.codePointBefore(text.length()));
  }

  /** Whether the first character of {@code text} is white space. */
  public static boolean startsWithSpace(String text) {
    return !text.isEmpty() && isSpace(text.codePointAt(0));
  }

  /** {@code rstrip()}. */
  public static String rstrip(String text) {
    int end = text.length();
    while (end > 0 && isSpace(text.codePointBefore(end))) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(0, end);
  }

  /** {@code strip()}. */
  public static String strip(String text) {
    int start = 0;
    while (start < text.length() && isSpace(text.codePointAt(start))) {
      start += Character.charCount(text.codePointAt(start));
    }
    return rstrip(text.substring(start));
  }

  /** {@code split()}: the words between white space. */
  public static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    int at = 0;
    int from = -1;
    while (at < text.length()) {
      int point = text.codePointAt(at);
      if (isSpace(point)) {
        if (from >= 0) {
          words.add(text.substring(from, at));
        }
        from = -1;
      } else if (from < 0) {
        from = at;
      }
      at += Character.charCount(point);
    }
    if (from >= 0) {
      words.add(text.substring(from));
    }
    return words;
  }

  /** {@code isdigit()}: digits, superscript ones included, and at least one. */
  public static boolean isDigits(String text) {
    return !text.isEmpty() && text.codePoints().allMatch(PythonStrings::isDigit);
  }

  private static boolean isDigit(int point) {
    return Character.isDigit(point)
        || point == 0xb2
        || point == 0xb3
        || point == 0xb9
        || point >= 0x2070 && point <= 0x2089 && point != 0x2071;
  }

  /** {@code len()}. */
  public static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /** {@code capitalize()}: the first character in title case, the rest in lower case. */
  public static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.offsetByCodePoints(0, 1);
    int title = Character.toTitleCase(text.codePointAt(0));
    return Character.toString(title) + text.substring(first).toLowerCase(Locale.ROOT);
  }
}
