package io.github.drprune.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;

/** The methods of Python's {@code str}. */
final class StringMethods {
  @FunctionalInterface
  private interface Method {
    Object call(Context context, String self, Arguments arguments);
  }

  @FunctionalInterface
  private interface Plain {
    Object of(String self);
  }

  private static final Map<String, Method> METHODS =
      Map.ofEntries(
          plain("upper", PyStrings::upper),
          plain("lower", PyStrings::lower),
          plain("casefold", text -> PyStrings.lower(PyStrings.upper(text))),
          plain("capitalize", PyStrings::capitalized),
          plain("title", StringMethods::title),
          plain("swapcase", StringMethods::swapCase),
          plain("isdigit", text -> all(text, PyStrings::isDigit)),
          plain("isdecimal", text -> all(text, Character::isDigit)),
          plain("isnumeric", text -> all(text, StringMethods::isNumeric)),
          plain("isalpha", text -> all(text, Character::isLetter)),
          plain("isalnum", text -> all(text, c -> Character.isLetter(c) || isNumeric(c))),
          plain("isspace", text -> all(text, PyStrings::isSpace)),
          plain("isascii", text -> text.chars().allMatch(c -> c < 128)),
          plain("isprintable", text -> text.codePoints().allMatch(PyStrings::isPrintable)),
          plain("isidentifier", StringMethods::isIdentifier),
          plain("islower", StringMethods::isLower),
          plain("isupper", StringMethods::isUpper),
          plain("istitle", text -> isCased(text) && title(text).equals(text)),
          Map.entry("strip", (_, self, arguments) -> strip("strip", self, arguments, true, true)),
          Map.entry(
              "lstrip", (_, self, arguments) -> strip("lstrip", self, arguments, true, false)),
          Map.entry(
              "rstrip", (_, self, arguments) -> strip("rstrip", self, arguments, false, true)),
          Map.entry("startswith", (_, self, arguments) -> hasAffix(self, arguments, true)),
          Map.entry("endswith", (_, self, arguments) -> hasAffix(self, arguments, false)),
          Map.entry(
              "removeprefix",
              (_, self, arguments) -> {
                String prefix = arguments.bind("removeprefix", "prefix").string(0);
                return self.startsWith(prefix) ? self.substring(prefix.length()) : self;
              }),
          Map.entry(
              "removesuffix",
              (_, self, arguments) -> {
                String suffix = arguments.bind("removesuffix", "suffix").string(0);
                return self.endsWith(suffix)
                    ? self.substring(0, self.length() - suffix.length())
                    : self;
              }),
          Map.entry("replace", StringMethods::replace),
          Map.entry(
              "split",
              (context, self, arguments) -> StringSplits.split(context, self, arguments, true)),
          Map.entry(
              "rsplit",
              (context, self, arguments) -> StringSplits.split(context, self, arguments, false)),
          Map.entry(
              "splitlines",
              (context, self, arguments) ->
                  PyStrings.lines(
                      self,
                      context.values.truth(
                          arguments.bind("splitlines", "keepends?").get(0, false)))),
          Map.entry(
              "partition", (_, self, arguments) -> StringSplits.partition(self, arguments, true)),
          Map.entry(
              "rpartition", (_, self, arguments) -> StringSplits.partition(self, arguments, false)),
          Map.entry("join", StringMethods::join),
          Map.entry("find", (_, self, arguments) -> find("find", self, arguments, true)),
          Map.entry("rfind", (_, self, arguments) -> find("rfind", self, arguments, false)),
          Map.entry("index", (_, self, arguments) -> index("index", self, arguments, true)),
          Map.entry("rindex", (_, self, arguments) -> index("rindex", self, arguments, false)),
          Map.entry("count", (_, self, arguments) -> count(self, arguments)),
          Map.entry("zfill", StringMethods::zeroFill),
          Map.entry("ljust", (context, self, arguments) -> pad(context, self, arguments, 0)),
          Map.entry("rjust", (context, self, arguments) -> pad(context, self, arguments, 1)),
          Map.entry("center", (context, self, arguments) -> pad(context, self, arguments, 2)),
          Map.entry("expandtabs", StringMethods::expandTabs),
          Map.entry(
              "format",
              (context, self, arguments) ->
                  context.made(FormatString.formatted(context, self, arguments))));

  private static final Set<String> ESCAPING = Set.of("replace", "join", "format");

  private StringMethods() {}

  private static Map.Entry<String, Method> plain(String name, Plain function) {
    return Map.entry(
        name,
        (context, self, arguments) -> {
          arguments.bind(name);
          Object result = function.of(self);
          context.work.make(self.length());
          return result;
        });
  }

  /** The method {@code name} of {@code self}, or null. */
  static Callable bound(String self, String name) {
    Method method = METHODS.get(name);
    return method == null ? null : (context, arguments) -> method.call(context, self, arguments);
  }

  /** The method {@code name} of a safe string: arguments are escaped, strings it gives are safe. */
  static Callable ofMarkup(String self, String name) {
    Callable method = bound(self, name);
    if (method == null) {
      return null;
    }
    return (context, arguments) -> {
      Arguments given = ESCAPING.contains(name) ? escaped(context, name, arguments) : arguments;
      Object result = method.call(context, given);
      return switch (result) {
        case Tuple tuple -> new Tuple(tuple.stream().map(Markup::like).toList());
        case List<?> parts -> new ArrayList<Object>(parts.stream().map(Markup::like).toList());
        default -> Markup.like(result);
      };
    };
  }

  private static Arguments escaped(Context context, String name, Arguments arguments) {
    List<Object> positional = new ArrayList<>();
    for (Object argument : arguments.positional()) {
      boolean isOld = name.equals("replace") && positional.isEmpty();
      switch (argument) {
        case String text when !isOld -> positional.add(Markup.escaped(text));
        case List<?> items when name.equals("join") -> {
          List<Object> safe = new ArrayList<>();
          items.forEach(item -> safe.add(Markup.escaped(context, item)));
          positional.add(safe);
        }
        case null, default -> positional.add(argument);
      }
    }
    return new Arguments(positional, arguments.named());
  }

  private static boolean all(String text, IntPredicate predicate) {
    return !text.isEmpty() && text.codePoints().allMatch(predicate);
  }

  private static boolean isNumeric(int c) {
    return switch (Character.getType(c)) {
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
      default -> false;
    };
  }

  private static boolean isIdentifier(String text) {
    return !text.isEmpty()
        && (text.charAt(0) == '_' || Character.isUnicodeIdentifierStart(text.codePointAt(0)))
        && text.codePoints().allMatch(c -> c == '_' || Character.isUnicodeIdentifierPart(c));
  }

  private static boolean isCased(String text) {
    return text.codePoints().anyMatch(c -> Character.isUpperCase(c) || Character.isLowerCase(c));
  }

  static boolean isLower(String text) {
    return isCased(text) && text.codePoints().noneMatch(Character::isUpperCase);
  }

  static boolean isUpper(String text) {
    return isCased(text) && text.codePoints().noneMatch(Character::isLowerCase);
  }

  private static String title(String text) {
    var title = new StringBuilder(text.length());
    boolean inWord = false;
    for (int c : text.codePoints().toArray()) {
      title.appendCodePoint(inWord ? Character.toLowerCase(c) : Character.toTitleCase(c));
      inWord = Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
    }
    return title.toString();
  }

  private static String swapCase(String text) {
    var swapped = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c ->
                swapped.append(
                    Character.isUpperCase(c)
                        ? PyStrings.lower(Character.toString(c))
                        : PyStrings.upper(Character.toString(c))));
    return swapped.toString();
  }

  private static String strip(
      String name, String self, Arguments arguments, boolean left, boolean right) {
    String characters = arguments.bind(name, "chars?").stringOrNull(0);
    IntPredicate away = characters == null ? PyStrings::isSpace : c -> characters.indexOf(c) >= 0;
    return PyStrings.stripped(self, away, left, right);
  }

  private static boolean hasAffix(String self, Arguments arguments, boolean prefix) {
    var bound = arguments.bind(prefix ? "startswith" : "endswith", "affix", "start?", "end?");
    String text = part(self, bound);
    List<?> affixes =
        bound.get(0) instanceof Tuple several ? several : Collections.singletonList(bound.get(0));
    for (Object affix : affixes) {
      if (!(Markup.plain(affix) instanceof String string)) {
        throw TemplateException.value(
            "%s first arg must be str or a tuple of str, not %s",
            bound.function(), Values.typeName(affix));
      }
      if (prefix ? text.startsWith(string) : text.endsWith(string)) {
        return true;
      }
    }
    return false;
  }

  /** The part of {@code self} that the second and third arguments bound. */
  private static String part(String self, Arguments.Bound bound) {
    if (!bound.has(1)) {
      return self;
    }
    int length = PyStrings.length(self);
    int start = clamped(bound.get(1), 0, length);
    int end = clamped(bound.get(2, null), length, length);
    return start >= end ? "" : PyStrings.slice(self, start, end);
  }

  private static int clamped(Object bound, int otherwise, int length) {
    if (bound == null) {
      return otherwise;
    }
    long value = Arguments.of(bound).bind("slice", "bound").integer(0);
    return Math.clamp(value < 0 ? value + length : value, 0, length);
  }

  private static String replace(Context context, String self, Arguments arguments) {
    var bound = arguments.bind("replace", "old", "new", "count?");
    return replaced(context, self, bound.string(0), bound.string(1), bound.integer(2, -1));
  }

  /** {@code str.replace}; a negative count is without limit. */
  static String replaced(Context context, String self, String old, String by, long count) {
    var replaced = new StringBuilder();
    long left = count < 0 ? Long.MAX_VALUE : count;
    int from = 0;
    if (old.isEmpty()) {
      int next = 0;
      for (; left > 0; left--) {
        replaced.append(by);
        context.work.make(by.length());
        if (next == self.length()) {
          return replaced.toString();
        }
        from = next;
        next = self.offsetByCodePoints(next, 1);
        replaced.append(self, from, next);
        from = next;
      }
    } else {
      for (int at = self.indexOf(old); at >= 0 && left > 0; at = self.indexOf(old, from), left--) {
        context.work.make((long) at - from + by.length());
        replaced.append(self, from, at).append(by);
        from = at + old.length();
      }
    }
    context.work.make(self.length() - from);
    return replaced.append(self, from, self.length()).toString();
  }

  private static String join(Context context, String self, Arguments arguments) {
    Object items = arguments.bind("join", "iterable").get(0);
    var joined = new StringBuilder();
    int index = 0;
    for (var each = context.values.iterate(items); each.hasNext(); index++) {
      if (!(Markup.plain(each.next()) instanceof String item)) {
        throw TemplateException.value("sequence item %d: expected str instance", index);
      }
      String separator = index == 0 ? "" : self;
      context.work.make((long) separator.length() + item.length());
      joined.append(separator).append(item);
    }
    return joined.toString();
  }

  private static long find(String name, String self, Arguments arguments, boolean first) {
    var bound = arguments.bind(name, "sub", "start?", "end?");
    String text = part(self, bound);
    int at = first ? text.indexOf(bound.string(0)) : text.lastIndexOf(bound.string(0));
    if (at < 0) {
      return -1;
    }
    int start = bound.has(1) ? clamped(bound.get(1), 0, PyStrings.length(self)) : 0;
    return start + (long) text.codePointCount(0, at);
  }

  private static long index(String name, String self, Arguments arguments, boolean first) {
    long found = find(name, self, arguments, first);
    if (found < 0) {
      throw TemplateException.value("substring not found");
    }
    return found;
  }

  private static long count(String self, Arguments arguments) {
    var bound = arguments.bind("count", "sub", "start?", "end?");
    String text = part(self, bound);
    String part = bound.string(0);
    if (part.isEmpty()) {
      return PyStrings.length(text) + 1L;
    }
    long count = 0;
    for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
      count++;
    }
    return count;
  }

  private static String zeroFill(Context context, String self, Arguments arguments) {
    long missing = arguments.bind("zfill", "width").integer(0) - PyStrings.length(self);
    if (missing <= 0) {
      return self;
    }
    context.work.make(missing);
    boolean signed = self.startsWith("-") || self.startsWith("+");
    return (signed ? self.substring(0, 1) : "")
        + "0".repeat((int) missing)
        + (signed ? self.substring(1) : self);
  }

  /** Pads at the right (0), at the left (1), or at both sides (2). */
  private static String pad(Context context, String self, Arguments arguments, int kind) {
    var bound = arguments.bind("just", "width", "fillchar?");
    return padded(context, self, bound.integer(0), bound.string(1, " "), kind);
  }

  private static String padded(Context context, String self, long width, String fill, int kind) {
    long missing = width - PyStrings.length(self);
    if (PyStrings.length(fill) != 1) {
      throw TemplateException.value("The fill character must be exactly one character long");
    }
    if (missing <= 0) {
      return self;
    }
    context.work.make(missing, fill.length());
    // CPython puts the odd one at the left where the width is odd.
    long left = kind == 0 ? 0 : kind == 1 ? missing : missing / 2 + (missing & width & 1);
    return fill.repeat((int) left) + self + fill.repeat((int) (missing - left));
  }

  /** {@code str.center}. */
  static String centered(Context context, String self, long width) {
    return padded(context, self, width, " ", 2);
  }

  private static String expandTabs(Context context, String self, Arguments arguments) {
    long size = arguments.bind("expandtabs", "tabsize?").integer(0, 8);
    var expanded = new StringBuilder();
    long column = 0;
    for (int c : self.codePoints().toArray()) {
      if (c == '\t') {
        long spaces = size <= 0 ? 0 : size - column % size;
        context.work.make(spaces);
        expanded.repeat(' ', (int) spaces);
        column += spaces;
      } else {
        expanded.appendCodePoint(c);
        column = c == '\n' || c == '\r' ? 0 : column + 1;
      }
    }
    return expanded.toString();
  }
}
