package io.github.drprune.tasks.metric;

import io.github.drprune.tasks.file.Keys;
import io.github.drprune.tasks.python.PythonPattern;
import java.util.List;
import java.util.Locale;
import java.util.regex.PatternSyntaxException;

/**
 * Whether an answer is the expected text.
 *
 * @param ignored what is taken out of both first
 */
public record ExactMatch(
    List<PythonPattern> ignored,
    boolean ignoreCase,
    boolean ignorePunctuation,
    boolean ignoreNumbers) {
  private static final String PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

  /** As an entry of {@code metric_list} has it. */
  public static ExactMatch of(Keys keys) {
    return new ExactMatch(
        keys.texts("regexes_to_ignore").stream()
            .map(expression -> pattern(keys, "regexes_to_ignore", expression))
            .toList(),
        keys.flag("ignore_case").orElse(false),
        keys.flag("ignore_punctuation").orElse(false),
        keys.flag("ignore_numbers").orElse(false));
  }

  static PythonPattern pattern(Keys keys, String key, String expression) {
    try {
      return PythonPattern.compile(expression);
    } catch (PatternSyntaxException e) {
      throw keys.wrong(
          key, "must be a regular expression (%s)".formatted(e.getDescription()), expression);
    }
  }

  /** Whether they are the same but for what is ignored. */
  public boolean matches(String answer, String expected) {
    return plain(answer).equals(plain(expected));
  }

  private String plain(String text) {
    String plain = text;
    for (PythonPattern pattern : ignored) {
      plain = pattern.replace(plain, "");
    }
    if (ignoreCase) {
      plain = plain.toLowerCase(Locale.ROOT);
    }
    if (ignorePunctuation) {
      plain = without(PUNCTUATION, plain);
    }
    return ignoreNumbers ? without("0123456789", plain) : plain;
  }

  private static String without(String characters, String text) {
    var kept = new StringBuilder(text.length());
    text.chars().filter(c -> characters.indexOf(c) < 0).forEach(c -> kept.append((char) c));
    return kept.toString();
  }
}
