package io.github.drprune.error;

import java.util.stream.Collectors;

/** Words from outside as one line that a terminal only shows. */
public final class Printable {
  private static final int LONGEST = 200;

  private Printable() {}

  /** The first line of {@code text}, shortened, control characters as Java writes them. */
  public static String line(String text) {
    String line = text.strip().lines().findFirst().orElse("");
    String shown = line.length() > LONGEST ? line.substring(0, LONGEST) + "..." : line;
    return shown
        .codePoints()
        .mapToObj(c -> Character.isISOControl(c) ? "\\u%04x".formatted(c) : Character.toString(c))
        .collect(Collectors.joining());
  }
}
