package io.github.drprune.error;

/**
 * Texts out of files and arguments as a message may show them: on one line, not endless, and
 * without characters that a terminal would obey rather than show.
 */
public final class Printable {
  private static final int LONGEST_NAME = 120;
  private static final int LONGEST_LINE = 2000;

  private Printable() {}

  /** A name or value in quotes. */
  public static String quoted(String text) {
    return "'" + escaped(shortened(text, LONGEST_NAME)) + "'";
  }

  /** A whole message. */
  public static String line(String text) {
    return escaped(shortened(String.valueOf(text), LONGEST_LINE));
  }

  private static String shortened(String text, int longest) {
    if (text.length() <= longest) {
      return text;
    }
    // Beginning and end are what is looked for: where it is, and what to do.
    return text.substring(0, longest / 2) + "..." + text.substring(text.length() - longest / 2);
  }

  /** Controls, marks of direction and halves of characters as {@code \\u001b}. */
  public static String escaped(String text) {
    var escaped = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            point -> {
              switch (Character.getType(point)) {
                case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    escaped.append("\\u%04x".formatted(point));
                default -> escaped.appendCodePoint(point);
              }
            });
    return escaped.toString();
  }
}
