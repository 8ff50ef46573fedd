package io.github.drprune.json;

import com.fasterxml.jackson.dataformat.yaml.util.StringQuotingChecker;

/**
 * Quotes texts with characters that YAML takes for ends of lines or for the mark of an encoding:
 * bare ones are read as spaces, or not at all.
 */
final class YamlQuotes extends StringQuotingChecker.Default {
  private static final long serialVersionUID = 1;

  private static final String NOT_TEXT = "\u0085\u2028\u2029\uFEFF";

  @Override
  public boolean needToQuoteName(String name) {
    return super.needToQuoteName(name) || hasOthers(name);
  }

  @Override
  public boolean needToQuoteValue(String value) {
    return super.needToQuoteValue(value) || hasOthers(value);
  }

  private static boolean hasOthers(String text) {
    return text.chars().anyMatch(character -> NOT_TEXT.indexOf(character) >= 0);
  }
}
