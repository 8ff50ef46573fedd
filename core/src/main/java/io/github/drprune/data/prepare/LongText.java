package io.github.drprune.data.prepare;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts what is too long for one document. A tokenizer holds some hundred bytes for each token of a
 * text, and some take more than twice the time for twice the text.
 */
final class LongText {
  private LongText() {}

  /**
   * The pieces of {@code text}, each of at most {@code longest} characters, cut behind a line end
   * where there is one in the piece, else behind a space, else between two characters.
   */
  static List<String> pieces(String text, int longest) {
    if (text.length() <= longest) {
      return List.of(text);
    }
    var pieces = new ArrayList<String>();
    int from = 0;
    while (text.length() - from > longest) {
      int to = cut(text, from, from + longest);
      pieces.add(text.substring(from, to));
      from = to;
    }
    pieces.add(text.substring(from));
    return pieces;
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
