package io.github.drprune.cli;

import io.github.drprune.error.Printable;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Lines and figures as people read them. */
final class Console {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

  private Console() {}

  /** Shows each line at once. */
  static Consumer<String> lines(PrintWriter out) {
    return line -> {
      out.println(line);
      out.flush();
    };
  }

  /** Shows each line at once, as a warning. */
  static Consumer<String> warnings(PrintWriter err) {
    return line -> lines(err).accept("warning: " + line);
  }

  /** 1,234,567. */
  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** 12.3 MiB. */
  static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", value, UNITS[unit]);
  }

  /**
   * Rows under a header, the first column to the left and the others to the right, without trailing
   * spaces. What a terminal would obey rather than show is escaped, as names come out of files.
   */
  static List<String> table(List<String> header, List<List<String>> rows) {
    List<List<String>> all =
        Stream.concat(Stream.of(header), rows.stream())
            .map(row -> row.stream().map(Printable::escaped).toList())
            .toList();
    int[] widths = new int[header.size()];
    for (List<String> row : all) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    return all.stream().map(row -> line(row, widths)).toList();
  }

  /** A line in pieces of at most {@code width}, broken at spaces; the later ones are indented. */
  static List<String> wrapped(String line, int width, String indent) {
    List<String> pieces = new ArrayList<>();
    String rest = line;
    while (rest.length() > width) {
      int space = rest.lastIndexOf(' ', width);
      if (space <= indent.length()) {
        break; // A word that is too long by itself.
      }
      pieces.add(rest.substring(0, space).stripTrailing());
      rest = indent + rest.substring(space).stripLeading();
    }
    pieces.add(rest);
    return pieces;
  }

  private static String line(List<String> row, int[] widths) {
    var line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String padding = " ".repeat(widths[i] - row.get(i).length());
      line.append(i == 0 ? row.get(i) + padding : "  " + padding + row.get(i));
    }
    return line.toString().stripTrailing();
  }
}
