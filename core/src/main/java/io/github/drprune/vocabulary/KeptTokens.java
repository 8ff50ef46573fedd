package io.github.drprune.vocabulary;

import io.github.drprune.error.UserException;
import io.github.drprune.tokenizer.TokenizerDefinition;
import io.github.drprune.tokenizer.TokenizerDefinition.Kind;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Chooses tokens: first those without which some text could not be encoded, then the most frequent
 * ones, each with the pieces that its merges pass through.
 */
final class KeptTokens {
  private static final Pattern BYTE = Pattern.compile("<0x[0-9A-F]{2}>");

  private final String[] pieceById;
  private final long[] counts;
  private final Derivations derivations;
  private final BitSet kept = new BitSet();
  private final int[] beyond;
  private final int always;

  /**
   * Keeps what must be kept.
   *
   * @param counts how often a corpus has each id
   * @param named ids that the model's configuration names
   * @param vocabularySize of the model: tokens beyond it have no rows, and are not chosen among
   */
  KeptTokens(
      TokenizerDefinition tokenizer, long[] counts, Collection<Integer> named, int vocabularySize) {
    this.pieceById = new String[tokenizer.size()];
    this.counts = counts;
    this.derivations = new Derivations(tokenizer);
    tokenizer.pieces().forEach((piece, id) -> pieceById[id] = piece);
    tokenizer.addedTokens().forEach(token -> kept.set(token.id()));
    named.forEach(kept::set);
    TrimmedTokenizer.namedIds(tokenizer).forEach(kept::set);
    this.beyond = kept.stream().filter(id -> id >= vocabularySize).toArray();
    kept.clear(vocabularySize, Math.max(vocabularySize, kept.length()));
    for (Map.Entry<String, Integer> piece : tokenizer.pieces().entrySet()) {
      if (isNeeded(piece.getKey(), tokenizer.kind())) {
        kept.set(piece.getValue());
      }
    }
    this.always = kept.cardinality();
  }

  private static boolean isNeeded(String piece, Kind kind) {
    boolean single = piece.codePointCount(0, piece.length()) == 1;
    return BYTE.matcher(piece).matches()
        || switch (kind) {
          case BYTE_LEVEL_BPE, UNIGRAM -> single;
          case BYTE_FALLBACK_BPE -> piece.equals("▁");
        };
  }

  /** Keeps as many as {@code number}, where there are so many. */
  void fill(int number) {
    if (number < always) {
      throw UserException.at(
          "keep",
          "%,d is less than the %,d tokens that every text needs: bytes, characters, special tokens"
              .formatted(number, always),
          "keep more");
    }
    for (int id : candidates()) {
      int room = number - kept.cardinality();
      if (room == 0) {
        return;
      }
      Set<Integer> with = withDerivation(id);
      if (with.size() <= room) {
        with.forEach(kept::set);
      }
    }
  }

  /** Keeps the most frequent tokens until this share of the corpus is made of kept ones. */
  void cover(double share) {
    long all = Arrays.stream(counts).sum();
    long wanted = (long) Math.ceil(share * all);
    long covered = kept.stream().filter(id -> id < counts.length).mapToLong(id -> counts[id]).sum();
    for (int id : candidates()) {
      if (covered >= wanted) {
        return;
      }
      for (int added : withDerivation(id)) {
        kept.set(added);
        covered += counts[added];
      }
    }
  }

  /** The ids with pieces that are not kept, the most frequent first. */
  private List<Integer> candidates() {
    return IntStream.range(0, pieceById.length)
        .filter(id -> pieceById[id] != null && !kept.get(id))
        .boxed()
        .sorted(Comparator.comparingLong((Integer id) -> -counts[id]))
        .toList();
  }

  /** The id and what it needs, as far as they are not kept. */
  private Set<Integer> withDerivation(int id) {
    Set<Integer> with = new HashSet<>(derivations.of(pieceById[id]));
    with.add(id);
    with.removeIf(kept::get);
    return with;
  }

  /** How many are kept. */
  int size() {
    return kept.cardinality();
  }

  /** What was chosen. */
  Renumbering renumbering() {
    return new Renumbering(kept.stream().toArray(), beyond);
  }
}
