package io.github.drprune.tasks.python;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** A regular expression of Python's {@code re}, for text. */
public final class PythonPattern {
  /** As Python takes text: Unicode classes, and only a line feed ends a line. */
  private static final int FLAGS =
      Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNICODE_CASE | Pattern.UNIX_LINES;

  /** A group by number or name, or another escape in a replacement. */
  private static final Pattern ESCAPE =
      Pattern.compile("\\\\(?:(\\d{1,2})|g<(\\w+)>|(.))", Pattern.DOTALL);

  private final Pattern pattern;

  private PythonPattern(Pattern pattern) {
    this.pattern = pattern;
  }

  /**
   * Compiles {@code expression}.
   *
   * @throws PatternSyntaxException if it is none
   */
  public static PythonPattern compile(String expression) {
    return new PythonPattern(Pattern.compile(translated(expression), FLAGS));
  }

  /**
   * {@code re.findall}: of each match the groups, or the whole match where the expression has none;
   * a group that took no part is empty.
   */
  public List<List<String>> findAll(String text) {
    List<List<String>> found = new ArrayList<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      List<String> groups = new ArrayList<>();
      for (int i = Math.min(1, matcher.groupCount()); i <= matcher.groupCount(); i++) {
        String group = matcher.group(i);
        groups.add(group == null ? "" : group);
      }
      found.add(groups);
    }
    return found;
  }

  /** {@code re.sub} with a replacement that names no groups. */
  public String replace(String text, String replacement) {
    return pattern.matcher(text).replaceAll(Matcher.quoteReplacement(replacement));
  }

  /** {@code re.sub}: {@code \\1} and {@code \\g<name>} in the replacement are groups. */
  public String substitute(String text, String replacement) {
    return pattern
        .matcher(text)
        .replaceAll(match -> Matcher.quoteReplacement(expanded(replacement, match)));
  }

  private static String expanded(String replacement, MatchResult match) {
    var text = new StringBuilder();
    Matcher escapes = ESCAPE.matcher(replacement);
    int from = 0;
    while (escapes.find()) {
      text.append(replacement, from, escapes.start());
      from = escapes.end();
      text.append(expanded(escapes, match));
    }
    return text.append(replacement.substring(from)).toString();
  }

  private static String expanded(Matcher escape, MatchResult match) {
    String group = escape.group(1) == null ? escape.group(2) : escape.group(1);
    if (group == null) {
      return switch (escape.group(3)) {
        case "n" -> "\n";
        case "t" -> "\t";
        case "r" -> "\r";
        case "\\" -> "\\";
        default -> escape.group();
      };
    }
    boolean isNumber = Character.isDigit(group.charAt(0));
    String found = isNumber ? match.group(Integer.parseInt(group)) : match.group(group);
    return found == null ? "" : found;
  }

  /** {@code re.split} by an expression without groups, empty pieces kept: their number. */
  public int pieces(String text) {
    return 1 + (int) pattern.matcher(text).results().count();
  }

  /** The same expression in Java's notation. */
  private static String translated(String python) {
    var java = new StringBuilder();
    boolean inClass = false;
    int classStart = 0;
    for (int i = 0; i < python.length(); i++) {
      char c = python.charAt(i);
      if (c == '\\' && i + 1 < python.length()) {
        i++;
        java.append(python.charAt(i) == 'Z' ? "\\z" : "\\" + python.charAt(i));
      } else if (inClass) {
        boolean closes = c == ']' && java.length() > classStart;
        // In a class of Java's, these begin another class or join two.
        java.append(c == '[' || c == '&' || c == ']' && !closes ? "\\" + c : String.valueOf(c));
        if (c == '^' && java.length() == classStart + 1) {
          classStart++;
        }
        inClass = !closes;
      } else if (c == '[') {
        inClass = true;
        java.append(c);
        classStart = java.length();
      } else if (python.startsWith("(?P<", i)) {
        java.append("(?<");
        i += 3;
      } else if (python.startsWith("(?P=", i)) {
        int end = python.indexOf(')', i);
        java.append("\\k<").append(python, i + 4, Math.max(end, i + 4)).append('>');
        i = end < 0 ? python.length() : end;
      } else if (c == '{') {
        i = brace(python, i, java);
      } else if (c == '}') {
        java.append("\\}");
      } else {
        java.append(c);
      }
    }
    return java.toString();
  }

  /** A brace counts repetitions only in one of four forms; else it stands for itself. */
  private static int brace(String python, int at, StringBuilder java) {
    Matcher counts = Pattern.compile("\\{(\\d*)(,?)(\\d*)}").matcher(python);
    counts.region(at, python.length());
    boolean isCount =
        counts.lookingAt() && !(counts.group(1).isEmpty() && counts.group(2).isEmpty());
    if (!isCount) {
      java.append("\\{");
      return at;
    }
    String least = counts.group(1).isEmpty() ? "0" : counts.group(1);
    java.append('{').append(least).append(counts.group(2)).append(counts.group(3)).append('}');
    return counts.end() - 1;
  }
}
