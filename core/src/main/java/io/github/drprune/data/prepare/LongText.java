package io.github.drprune.data.prepare;

import java.util.function.Consumer;

/**
 * Cuts what is too long for one document. A tokenizer holds some hundred bytes for each token of a
 * text, and some take more than twice the time for twice the text.
 */
final class LongText {
  private LongText() {}

  /**
   * Gives out the pieces of {@code text}, each of at most {@code longest} characters, cut behind a
   * line end where there is one in the piece, else behind a space, else between two characters.
   */
  static void cut(String text, int longest, Consumer<String> pieces) {
    int from = 0;
    while (text.length() - from > longest) {
      int to = cut(text, from, from + longest);
      pieces.accept(text.substring(from, to));
      from = to;
    }
    pieces.accept(text.substring(from));
  }

  private static int cut(String text, int from, int atMost) {
    for (char border : new char[] {'\n', ' '}) {
      for (int i = atMost - 1; i >= from; i--) {
        if (text.charAt(i) == border) {
          return i + 1;
        }
      }
    }
    return Character.isHighSurrogate(text.charAt(atMost - 1)) ? atMost - 1 : atMost;
  }
}
