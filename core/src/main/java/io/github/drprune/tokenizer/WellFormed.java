package io.github.drprune.tokenizer;

/** Makes texts well-formed UTF-16, as the native library needs them. */
final class WellFormed {
  private static final char REPLACEMENT = '\uFFFD';

  private WellFormed() {}

  /**
   * {@code text} with U+FFFD for each surrogate that lacks its other half; the same where none
   * does. Every code point keeps its place.
   */
  static String of(String text) {
    char[] mended = null;
    int point;
    for (int i = 0; i < text.length(); i += Character.charCount(point)) {
      point = text.codePointAt(i);
      // Halves of a pair make a code point above them.
      if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
        mended = mended == null ? text.toCharArray() : mended;
        mended[i] = REPLACEMENT;
      }
    }
    return mended == null ? text : new String(mended);
  }
}
