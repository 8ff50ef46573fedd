package io.github.drprune.evaluate;

import io.github.drprune.data.PreparedData;
import io.github.drprune.data.Split;
import io.github.drprune.data.TokenSequences;
import io.github.drprune.error.UserException;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * The text that losses are computed on, by what runs do with it. The parts {@link #WATCHED_BY_RUNS}
 * and {@link #UNSEEN_BY_RUNS} share no sequence, except in a domain that has a single one.
 */
public enum EvaluationText {
  /** The split {@code train}. */
  TRAINING("train"),
  /** The whole split {@code eval}. */
  HELD_OUT("eval"),
  /**
   * What runs evaluate on, and set their domain weights by: the split {@code eval}, or its first
   * half in a domain without a split {@code test}.
   */
  WATCHED_BY_RUNS("validation"),
  /**
   * What no run looks at: the split {@code test}, or the second half of {@code eval} in a domain
   * without one.
   */
  UNSEEN_BY_RUNS("test");

  private final String word;

  EvaluationText(String word) {
    this.word = word;
  }

  /** {@code count} sequences of a split of a domain, spread evenly over [from, to). */
  public record Rows(TokenSequences sequences, long from, long to, long count) {
    private Rows(TokenSequences sequences, long from, long to) {
      this(sequences, from, to, to - from);
    }

    /**
     * So many of them, or all. Neighbours are parts of one document: the first few would be of one
     * or two, and a domain's weight would follow their luck.
     */
    public Rows limited(long limit) {
      return new Rows(sequences, from, to, Math.min(count, limit));
    }

    /** The position in the split of the {@code i}th. */
    public long position(long i) {
      return from + i * (to - from) / count;
    }
  }

  /** Every domain's rows, by name in the data's order. */
  public SequencedMap<String, Rows> of(PreparedData data) {
    SequencedMap<String, Rows> rows = new LinkedHashMap<>();
    for (String domain : data.domains()) {
      Rows found = of(data, domain);
      if (found.count() == 0) {
        throw new UserException(
            "%s: domain '%s' has no sequences for %s; prepare it with more held-out text"
                .formatted(data.folder(), domain, this));
      }
      rows.put(domain, found);
    }
    return rows;
  }

  private Rows of(PreparedData data, String domain) {
    boolean tested = data.split(domain, Split.TEST).isPresent();
    return switch (this) {
      case TRAINING -> all(data, domain, Split.TRAIN);
      case HELD_OUT -> all(data, domain, Split.EVAL);
      case WATCHED_BY_RUNS -> {
        Rows eval = all(data, domain, Split.EVAL);
        // A single sequence serves both ways: half of it would serve neither.
        yield tested || eval.count() == 1
            ? eval
            : new Rows(eval.sequences(), 0, eval.count() - eval.count() / 2);
      }
      case UNSEEN_BY_RUNS -> {
        Rows eval = all(data, domain, tested ? Split.TEST : Split.EVAL);
        yield tested || eval.count() == 1
            ? eval
            : new Rows(eval.sequences(), eval.count() - eval.count() / 2, eval.count());
      }
    };
  }

  private Rows all(PreparedData data, String domain, Split split) {
    TokenSequences sequences =
        data.split(domain, split)
            .orElseThrow(
                () ->
                    new UserException(
                        "%s: domain '%s' has no sequences for %s; prepare it with more text"
                            .formatted(data.folder(), domain, split)));
    return new Rows(sequences, 0, sequences.count());
  }

  /** The word for it on the command line and in figures. */
  @Override
  public String toString() {
    return word;
  }
}
