package io.github.drprune.export;

import io.github.drprune.tokenizer.TokenizerDefinition;
import io.github.drprune.tokenizer.TokenizerDefinition.Merge;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Scores of pieces for a program that merges any two neighbours whose concatenation is a piece, the
 * highest score first, as SentencePiece does. A list of merges says the same when it has every
 * split of a piece, and those of one piece together.
 */
final class MergeScores {
  /** Below all others. */
  private static final float LAST = -1e9f;

  private MergeScores() {}

  /**
   * The scores by id: the earlier a piece's first merge, the higher.
   *
   * @param warnings is told when some texts would be split differently
   */
  static float[] of(TokenizerDefinition tokenizer, int vocabularySize, Consumer<String> warnings) {
    float[] scores = new float[vocabularySize];
    Arrays.fill(scores, LAST);
    Map<String, Integer> pieces = tokenizer.pieces();
    Map<String, Integer> splits = new HashMap<>();
    Set<String> ordered = new HashSet<>();
    boolean together = true;
    String previous = null;
    for (Merge merge : tokenizer.merges()) {
      String piece = merge.piece();
      if (ordered.add(piece)) {
        scores[pieces.get(piece)] = 1 - ordered.size();
      } else if (!piece.equals(previous)) {
        together = false;
      }
      previous = piece;
      splits.merge(piece, 1, Integer::sum);
    }
    long differing =
        pieces.keySet().stream()
            .filter(piece -> splits.getOrDefault(piece, 0) != possible(piece, pieces))
            .filter(piece -> !isByteOrAdded(piece, tokenizer))
            .count();
    if (differing > 0 || !together) {
      warnings.accept(
          "%s: its merges are not those of SentencePiece, as llama.cpp takes them to be; some texts may be split into other tokens"
              .formatted(tokenizer.file()));
    }
    return scores;
  }

  /** In how many ways a piece is two pieces. */
  private static int possible(String piece, Map<String, Integer> pieces) {
    int count = 0;
    for (int at = 1; at < piece.length(); at++) {
      if (pieces.containsKey(piece.substring(0, at)) && pieces.containsKey(piece.substring(at))) {
        count++;
      }
    }
    return count;
  }

  private static boolean isByteOrAdded(String piece, TokenizerDefinition tokenizer) {
    return piece.matches("<0x[0-9A-F]{2}>")
        || tokenizer.addedTokens().stream().anyMatch(added -> added.content().equals(piece));
  }
}
