package io.github.drprune.data.prepare;

import java.util.List;

/**
 * What tokenizing a part gave, besides the tokens themselves.
 *
 * @param part its number
 * @param streams what the part has of each split of a domain, in the order of their files' numbers
 * @param slices what was found in each slice, in their order
 * @param specials special tokens in the text
 */
public record PartTokens(int part, List<Filled> streams, List<SliceCounts> slices, long specials) {
  public PartTokens {
    streams = List.copyOf(streams);
    slices = List.copyOf(slices);
  }

  /** A stream and where it belongs. */
  public record Filled(DomainSplit to, Stream counts) {}

  /** The tokens of a split's documents, one after the other, marks included. */
  public record Stream(long documents, long characters, long tokens) {
    static final Stream NONE = new Stream(0, 0, 0);

    Stream plus(Stream other) {
      return new Stream(
          documents + other.documents, characters + other.characters, tokens + other.tokens);
    }
  }

  /**
   * What was found in a slice.
   *
   * @param records read, those that were skipped included
   * @param malformed skipped
   * @param first the first of them, by their number in the slice, from 1
   * @param cut the records that became several documents, as numbered there
   */
  public record SliceCounts(
      long records,
      long documents,
      long malformed,
      List<TokenizedBatch.Malformed> first,
      List<TokenizedBatch.Cut> cut) {
    public SliceCounts {
      first = List.copyOf(first);
      cut = List.copyOf(cut);
    }
  }

  long documents() {
    return streams.stream().mapToLong(stream -> stream.counts().documents()).sum();
  }

  long tokens() {
    return streams.stream().mapToLong(stream -> stream.counts().tokens()).sum();
  }

  /** Records skipped in all slices. */
  public long malformed() {
    return slices.stream().mapToLong(SliceCounts::malformed).sum();
  }
}
