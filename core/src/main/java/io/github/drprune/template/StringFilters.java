package io.github.drprune.template;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;

/** Filters that make a string. */
final class StringFilters {
  private static final Pattern WORD_STARTS = Pattern.compile("([-\\s({\\[<]+)");
  private static final Pattern WORDS = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);

  static final Map<String, Filter> FILTERS =
      Map.ofEntries(
          plain("upper", PyStrings::upper),
          plain("lower", PyStrings::lower),
          plain("capitalize", PyStrings::capitalized),
          plain("title", StringFilters::title),
          plain("string", text -> text),
          Map.entry("safe", (context, value, _) -> new Markup(context.values.str(value))),
          Map.entry("escape", StringFilters::escape),
          Map.entry("e", StringFilters::escape),
          plain("forceescape", Markup::escaped),
          plain("striptags", StringFilters::withoutTags),
          Map.entry("trim", StringFilters::trim),
          Map.entry("replace", StringFilters::replace),
          Map.entry("regex_replace", StringFilters::regexReplace),
          Map.entry("indent", StringFilters::indent),
          Map.entry("truncate", StringFilters::truncate),
          Map.entry("center", StringFilters::center),
          Map.entry("format", StringFilters::format),
          Map.entry("join", StringFilters::join),
          Map.entry("urlencode", StringFilters::urlEncode),
          Map.entry(
              "wordcount",
              (context, value, _) ->
                  WORDS
                      .matcher(new Timed(context.values.str(value), context.work))
                      .results()
                      .count()));

  private StringFilters() {}

  private static Map.Entry<String, Filter> plain(String name, UnaryOperator<String> function) {
    return Map.entry(
        name,
        (context, value, arguments) -> {
          arguments.bind(name);
          return context.made(function.apply(context.values.str(value)));
        });
  }

  private static String title(String text) {
    var title = new StringBuilder(text.length());
    Matcher starts = WORD_STARTS.matcher(text);
    int from = 0;
    while (starts.find()) {
      title.append(capitalizedWord(text.substring(from, starts.start()))).append(starts.group());
      from = starts.end();
    }
    return title.append(capitalizedWord(text.substring(from))).toString();
  }

  private static String capitalizedWord(String word) {
    if (word.isEmpty()) {
      return word;
    }
    int first = word.offsetByCodePoints(0, 1);
    return PyStrings.upper(word.substring(0, first)) + PyStrings.lower(word.substring(first));
  }

  private static Object escape(Context context, Object value, Arguments arguments) {
    arguments.bind("escape");
    return new Markup(context.made(Markup.escaped(context, value)));
  }

  private static String withoutTags(String text) {
    String bare = text.replaceAll("(?s)<!--.*?-->", "").replaceAll("<[^>]*>", "");
    return PyStrings.stripped(bare).replaceAll("\\s+", " ");
  }

  private static Object trim(Context context, Object value, Arguments arguments) {
    String characters = arguments.bind("trim", "chars?").stringOrNull(0);
    return PyStrings.stripped(
        context.values.str(value),
        characters == null ? PyStrings::isSpace : c -> characters.indexOf(c) >= 0,
        true,
        true);
  }

  private static Object replace(Context context, Object value, Arguments arguments) {
    var bound = arguments.bind("replace", "old", "new", "count?");
    Object count = bound.get(2, null);
    return StringMethods.replaced(
        context,
        context.values.str(value),
        context.values.str(bound.get(0)),
        context.values.str(bound.get(1)),
        count == null ? -1 : bound.integer(2));
  }

  /** lm-evaluation-harness's {@code re.sub(pattern, repl, value, count)}. */
  private static Object regexReplace(Context context, Object value, Arguments arguments) {
    var bound = arguments.bind("regex_replace", "pattern", "repl", "count?");
    if (!(value instanceof String text)) {
      throw TemplateException.value("expected string, got '%s'", Values.typeName(value));
    }
    long left = bound.integer(2, 0);
    Matcher matcher;
    try {
      matcher =
          Pattern.compile(bound.string(0).replace("(?P<", "(?<"), Pattern.UNICODE_CHARACTER_CLASS)
              .matcher(new Timed(text, context.work));
    } catch (PatternSyntaxException e) {
      throw TemplateException.value("'%s' is no pattern: %s", bound.string(0), e.getDescription());
    }
    String replacement =
        bound
            .string(1)
            .replace("$", "\\$")
            .replaceAll("\\\\g<(\\w+)>", "\\${$1}")
            .replaceAll("\\\\(\\d+)", "\\$$1")
            .replaceAll("\\$\\{(\\d+)}", "\\$$1")
            .replace("\\n", "\n")
            .replace("\\t", "\t");
    var replaced = new StringBuilder();
    for (boolean all = left == 0; (all || left > 0) && matcher.find(); left--) {
      int start = replaced.length();
      try {
        matcher.appendReplacement(replaced, replacement);
      } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
        throw TemplateException.value("invalid group reference in '%s'", bound.string(1));
      }
      context.work.make(replaced.length() - start);
    }
    matcher.appendTail(replaced);
    return context.made(replaced.toString());
  }

  /** A text that stops a search through it which takes too long. */
  private record Timed(String text, Work work) implements CharSequence {
    @Override
    public int length() {
      return text.length();
    }

    @Override
    public char charAt(int index) {
      work.step();
      return text.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.substring(start, end);
    }

    @Override
    public String toString() {
      return text;
    }
  }

  private static Object indent(Context context, Object value, Arguments arguments) {
    var bound = arguments.bind("indent", "width?", "first?", "blank?");
    String indent;
    if (bound.get(0, 4L) instanceof String text) {
      indent = text;
    } else {
      long width = Math.max(0, bound.integer(0, 4));
      context.work.make(width);
      indent = " ".repeat((int) width);
    }
    boolean first = context.values.truth(bound.get(1, false));
    boolean blank = context.values.truth(bound.get(2, false));
    if (!(value instanceof String text)) {
      throw TemplateException.value("indent: '%s' is no string", Values.typeName(value));
    }
    List<Object> lines = PyStrings.lines(text + "\n", false);
    var indented = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      String line = (String) lines.get(i);
      indented.append(i == 0 ? "" : "\n");
      boolean isIndented = i == 0 ? first : blank || !line.isEmpty();
      context.work.make(line.length() + indent.length());
      indented.append(isIndented ? indent : "").append(line);
    }
    return indented.toString();
  }

  private static Object truncate(Context context, Object value, Arguments arguments) {
    var bound = arguments.bind("truncate", "length?", "killwords?", "end?", "leeway?");
    if (!(value instanceof String text)) {
      if (context.values.length(value) > bound.integer(0, 255)) {
        throw TemplateException.value("'%s' cannot be truncated", Values.typeName(value));
      }
      return value;
    }
    String end = bound.string(2, "...");
    long length = bound.integer(0, 255);
    long leeway = bound.get(3, null) == null ? 5 : bound.integer(3);
    if (length < PyStrings.length(end) || leeway < 0) {
      throw TemplateException.value("expected length >= %d", PyStrings.length(end));
    }
    if (PyStrings.length(text) <= length + leeway) {
      return text;
    }
    String cut = PyStrings.slice(text, 0, (int) length - PyStrings.length(end));
    int space = cut.lastIndexOf(' ');
    boolean whole = context.values.truth(bound.get(1, false)) || space < 0;
    return (whole ? cut : cut.substring(0, space)) + end;
  }

  private static Object center(Context context, Object value, Arguments arguments) {
    long width = arguments.bind("center", "width?").integer(0, 80);
    return StringMethods.centered(context, context.values.str(value), width);
  }

  private static Object format(Context context, Object value, Arguments arguments) {
    if (!arguments.named().isEmpty() && !arguments.positional().isEmpty()) {
      throw TemplateException.value("can't handle positional and keyword arguments at once");
    }
    Object values =
        arguments.named().isEmpty() ? new Tuple(arguments.positional()) : arguments.named();
    return context.made(PercentFormat.formatted(context, context.values.str(value), values));
  }

  private static Object join(Context context, Object value, Arguments arguments) {
    var bound = arguments.bind("join", "d?", "attribute?");
    String separator = context.values.str(bound.get(0, ""));
    var key = SequenceFilters.getter(context, bound.get(1, null), null);
    List<String> parts = new ArrayList<>();
    for (var items = context.values.iterate(value); items.hasNext(); ) {
      String part = context.values.str(key.apply(items.next()));
      context.work.make((long) part.length() + separator.length());
      parts.add(part);
    }
    return String.join(separator, parts);
  }

  private static Object urlEncode(Context context, Object value, Arguments arguments) {
    arguments.bind("urlencode");
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .map(
              entry ->
                  quoted(context, entry.getKey(), false)
                      + "="
                      + quoted(context, entry.getValue(), false))
          .collect(Collectors.joining("&"));
    }
    return quoted(context, value, true);
  }

  private static String quoted(Context context, Object value, boolean path) {
    byte[] bytes = context.values.str(value).getBytes(UTF_8);
    context.work.make(bytes.length, 3);
    var quoted = new StringBuilder();
    for (byte each : bytes) {
      char c = (char) (each & 0xff);
      boolean safe = c < 128 && (Character.isLetterOrDigit(c) || "_.-~".indexOf(c) >= 0);
      if (safe || path && c == '/') {
        quoted.append(c);
      } else {
        quoted.append(!path && c == ' ' ? "+" : "%%%02X".formatted((int) c));
      }
    }
    return quoted.toString();
  }
}
