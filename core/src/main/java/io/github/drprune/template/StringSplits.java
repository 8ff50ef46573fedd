package io.github.drprune.template;

import java.util.ArrayList;
import java.util.List;

/** The methods of Python's {@code str} that part a string. */
final class StringSplits {
  private StringSplits() {}

  /** {@code str.split}, and {@code str.rsplit} where not {@code forward}. */
  static List<Object> split(Context context, String self, Arguments arguments, boolean forward) {
    var bound = arguments.bind(forward ? "split" : "rsplit", "sep?", "maxsplit?");
    String separator = bound.stringOrNull(0);
    long most = bound.integer(1, -1);
    if (separator != null && separator.isEmpty()) {
      throw TemplateException.value("empty separator");
    }
    long left = most < 0 ? Long.MAX_VALUE : most;
    List<Object> parts =
        separator == null ? words(self, left, forward) : separated(self, separator, left, forward);
    context.work.make(self.length() + parts.size());
    return parts;
  }

  private static List<Object> separated(String self, String separator, long most, boolean forward) {
    List<Object> parts = new ArrayList<>();
    if (forward) {
      int from = 0;
      for (int at; parts.size() < most && (at = self.indexOf(separator, from)) >= 0; ) {
        parts.add(self.substring(from, at));
        from = at + separator.length();
      }
      parts.add(self.substring(from));
      return parts;
    }
    int to = self.length();
    for (int at;
        parts.size() < most && (at = self.lastIndexOf(separator, to - separator.length())) >= 0; ) {
      parts.add(self.substring(at + separator.length(), to));
      to = at;
    }
    parts.add(self.substring(0, to));
    return parts.reversed();
  }

  private static List<Object> words(String self, long most, boolean forward) {
    List<Object> words = new ArrayList<>();
    String rest = PyStrings.stripped(self, PyStrings::isSpace, forward, !forward);
    while (!rest.isEmpty() && words.size() < most) {
      int cut = forward ? 0 : rest.length();
      while (forward
          ? cut < rest.length() && !PyStrings.isSpace(rest.charAt(cut))
          : cut > 0 && !PyStrings.isSpace(rest.charAt(cut - 1))) {
        cut += forward ? 1 : -1;
      }
      words.add(forward ? rest.substring(0, cut) : rest.substring(cut));
      rest =
          PyStrings.stripped(
              forward ? rest.substring(cut) : rest.substring(0, cut),
              PyStrings::isSpace,
              forward,
              !forward);
    }
    if (!rest.isEmpty()) {
      words.add(rest); // with the blanks at its far end
    }
    return forward ? words : words.reversed();
  }

  /** {@code str.partition}, and {@code str.rpartition} where not {@code first}. */
  static Tuple partition(String self, Arguments arguments, boolean first) {
    String separator = arguments.bind(first ? "partition" : "rpartition", "sep").string(0);
    if (separator.isEmpty()) {
      throw TemplateException.value("empty separator");
    }
    int at = first ? self.indexOf(separator) : self.lastIndexOf(separator);
    if (at < 0) {
      return first ? Tuple.of(self, "", "") : Tuple.of("", "", self);
    }
    return Tuple.of(self.substring(0, at), separator, self.substring(at + separator.length()));
  }
}
