package io.github.drprune.evaluate;

import io.github.drprune.data.PreparedData;
import io.github.drprune.data.Split;
import io.github.drprune.data.TokenSequences;
import io.github.drprune.error.UserException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.SequencedMap;

/**
 * The text that losses are taken over. Runs follow {@link #VALIDATION}; figures that no choice was
 * tuned on come from {@link #TEST}. The two share no sequence.
 */
public enum HeldOut {
  /** The training text. */
  TRAIN,
  /** All sequences of the split {@code eval}. */
  EVAL,
  /** The split {@code eval}, or its first half in a domain without a split {@code test}. */
  VALIDATION,
  /** The split {@code test}, or the second half of {@code eval} in a domain without one. */
  TEST;

  /** Sequences [from, to) of a split of a domain. */
  public record Rows(TokenSequences sequences, long from, long to) {
    public long count() {
      return to - from;
    }

    /** The first {@code limit} of them, or all. */
    public Rows limited(long limit) {
      return new Rows(sequences, from, from + Math.min(count(), limit));
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
      case TRAIN -> all(data, domain, Split.TRAIN);
      case EVAL -> all(data, domain, Split.EVAL);
      case VALIDATION -> {
        Rows eval = all(data, domain, Split.EVAL);
        // A single sequence serves both ways: half of it would serve neither.
        yield tested || eval.count() == 1
            ? eval
            : new Rows(eval.sequences(), 0, eval.count() - eval.count() / 2);
      }
      case TEST -> {
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

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
