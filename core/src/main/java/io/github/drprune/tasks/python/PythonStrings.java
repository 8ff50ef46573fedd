package io.github.drprune.tasks.python;

import io.github.drprune.template.PyStrings;
import java.util.ArrayList;
import java.util.List;

/** Questions about texts as Python answers them, beside those of {@link PyStrings}. */
public final class PythonStrings {
  private PythonStrings() {}

  /** Whether the last character of {@code text} is white space. */
  public static boolean endsWithSpace(String text) {
    return !text.isEmpty() && PyStrings.isSpace(text.codePointBefore(text.length()));
  }

  /** Whether the first character of {@code text} is white space. */
  public static boolean startsWithSpace(String text) {
    return !text.isEmpty() && PyStrings.isSpace(text.codePointAt(0));
  }

  /** {@code split()}: the words between white space. */
  public static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    int at = 0;
    int from = -1;
    while (at < text.length()) {
      int point = text.codePointAt(at);
      if (PyStrings.isSpace(point)) {
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
    return !text.isEmpty() && text.codePoints().allMatch(PyStrings::isDigit);
  }
}
