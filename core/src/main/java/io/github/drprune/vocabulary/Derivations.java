package io.github.drprune.vocabulary;

import io.github.drprune.tokenizer.TokenizerDefinition;
import io.github.drprune.tokenizer.TokenizerDefinition.Merge;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The pieces that merges pass through on their way to a piece. In a text, a token comes about by
 * the very merges that make it of its own characters alone, for none of them crosses its borders;
 * with these kept, and any others left out, it comes about as before.
 */
final class Derivations {
  private final Map<String, Integer> pieces;
  private final Map<Merge, Integer> ranks = new HashMap<>();

  Derivations(TokenizerDefinition tokenizer) {
    this.pieces = tokenizer.pieces();
    tokenizer.merges().forEach(merge -> ranks.putIfAbsent(merge, ranks.size()));
  }

  /**
   * The ids of the pieces on the way to {@code piece}, without its own; none where merges do not
   * lead to it.
   */
  Set<Integer> of(String piece) {
    List<String> symbols = new ArrayList<>();
    piece.codePoints().forEach(point -> symbols.add(Character.toString(point)));
    Set<Integer> passed = new HashSet<>();
    symbols.forEach(symbol -> passed.add(pieces.get(symbol)));
    while (symbols.size() > 1) {
      int best = -1;
      int bestRank = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < symbols.size(); i++) {
        int rank =
            ranks.getOrDefault(new Merge(symbols.get(i), symbols.get(i + 1)), Integer.MAX_VALUE);
        if (rank < bestRank) {
          best = i;
          bestRank = rank;
        }
      }
      if (best < 0) {
        return Set.of();
      }
      symbols.set(best, symbols.get(best) + symbols.remove(best + 1));
      passed.add(pieces.get(symbols.get(best)));
    }
    passed.remove(pieces.get(piece));
    passed.remove(null); // a character without a piece of its own
    return passed;
  }
}
