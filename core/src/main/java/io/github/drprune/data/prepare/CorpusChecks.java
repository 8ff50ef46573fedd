package io.github.drprune.data.prepare;

import io.github.drprune.data.Split;
import io.github.drprune.error.UserException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** What is said of a corpus and, when all its text has been read, of each domain. */
final class CorpusChecks {
  /** What a split holds; {@code sequences} are those that will be or were written. */
  record Counts(long characters, long tokens, long sequences) {}

  /** The longest record of a split that was cut. */
  private record Large(InputFile file, TokenizedBatch.Cut cut) {}

  private final PrepareConfig config;
  private final PrepareListener listener;
  private final Map<DomainSplit, Large> largest = new HashMap<>();

  CorpusChecks(PrepareConfig config, PrepareListener listener) {
    this.config = config;
    this.listener = listener;
  }

  /** Tells of what lies beside the text. */
  static void begin(Corpus corpus, PrepareListener listener) {
    for (Path ignored : corpus.ignored()) {
      listener.warning(ignored + ": left out, no text of a domain in a known format");
    }
  }

  /**
   * Tells of special tokens in the text.
   *
   * @param specials how many there are
   */
  static void end(long specials, PrepareListener listener) {
    if (specials > 0) {
      listener.warning(
          "%,d special tokens were named in the text and are tokens now; where they would end documents, have special tokens encoded as text"
              .formatted(specials));
    }
  }

  /** Takes note of a record that became several documents. */
  void cut(InputFile file, TokenizedBatch.Cut record) {
    largest.merge(
        record.to(),
        new Large(file, record),
        (a, b) -> a.cut().characters() >= b.cut().characters() ? a : b);
  }

  /** Takes note of a file that holds nothing. */
  void noDocuments(InputFile file) {
    if (config.documents().isWhole()) { // of a part it may well have none
      listener.warning(file.path() + ": holds no documents");
    }
  }

  /**
   * Ends a domain: warns of what is odd, and refuses one that cannot be trained on, unless a record
   * named it.
   *
   * @return whether it stays
   */
  boolean endDomain(String domain, Map<Split, Counts> splits) {
    if (config.domainField().isPresent() && sequences(splits.get(Split.TRAIN)) == 0) {
      listener.warning(
          "domain '%s': left out, its text for train is shorter than one sequence of %,d tokens"
              .formatted(domain, config.seqLen()));
      return false;
    }
    if (splits.isEmpty()) {
      throw new UserException(
          "domain '%s': no text in its files, or all of it was skipped; add text or leave the domain out"
              .formatted(domain));
    }
    splits.forEach((split, counts) -> check(domain, split, counts));
    if (!splits.containsKey(Split.EVAL)) {
      listener.warning(
          "domain '%s': no held-out text, which pruning and training need to weigh domains; add text, a file called eval, or hold out a larger fraction"
              .formatted(domain));
    }
    return true;
  }

  private static long sequences(Counts counts) {
    return counts == null ? 0 : counts.sequences();
  }

  /** Refuses a corpus of which no domain stays. */
  void requireDomains(Collection<?> domains) {
    if (domains.isEmpty()) {
      throw UserException.at(
          "domain_field",
          "no domain has the text of a sequence of %,d tokens".formatted(config.seqLen()),
          "add text or choose shorter sequences");
    }
  }

  private void check(String domain, Split split, Counts counts) {
    if (counts.sequences() == 0) {
      tooLittle(domain, split, counts.tokens());
    }
    var large = largest.get(new DomainSplit(domain, split));
    if (large != null && 2 * large.cut().characters() > counts.characters()) {
      listener.warning(
          "%s:%d: this record alone is %d%% of the text of domain '%s' for %s; is it one document?"
              .formatted(
                  large.file().path(),
                  large.cut().record(),
                  100 * large.cut().characters() / counts.characters(),
                  domain,
                  split));
    }
  }

  private void tooLittle(String domain, Split split, long tokens) {
    String line =
        "domain '%s': %,d tokens for %s, fewer than one sequence of %,d; add text or choose shorter sequences"
            .formatted(domain, tokens, split, config.seqLen());
    if (split == Split.TRAIN) {
      throw new UserException(line);
    }
    listener.warning(line);
  }
}
