package io.github.drprune.json;

import java.util.Collection;
import java.util.Comparator;

/** Names the valid word nearest to one that was misspelt. */
public final class Suggestion {
  private Suggestion() {}

  /**
   * {@code " (did you mean 'x'?)"} when a valid word is near, otherwise {@code " (valid: ...)"};
   * made to be appended to an error message.
   */
  public static String among(String word, Collection<String> valid) {
    return valid.stream()
        .min(Comparator.comparingInt(candidate -> distance(word, candidate)))
        .filter(candidate -> distance(word, candidate) <= Math.max(2, word.length() / 3))
        .map(candidate -> " (did you mean '" + candidate + "'?)")
        .orElse(" (valid: " + String.join(", ", valid) + ")");
  }

  /** Levenshtein distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
