package io.github.drprune.data.prepare;

import java.util.List;

/**
 * The documents of a batch as tokens, marks included.
 *
 * @param tokens document {@code i} is tokens [ends[i - 1], ends[i])
 * @param counted of conversations, 1 for each token that counts, else 0; null for text
 * @param cutTokens tokens of conversations longer than a sequence that are not among these
 * @param characters Unicode code points of each document
 * @param to where each document belongs
 * @param specials special tokens in the text, marks aside
 * @param cut the records too long for one document
 * @param malformed what was skipped
 */
record TokenizedBatch(
    int[] tokens,
    byte[] counted,
    long cutTokens,
    int[] ends,
    int[] characters,
    DomainSplit[] to,
    long specials,
    List<Cut> cut,
    List<Malformed> malformed) {

  /** A record that became several documents, by its number in the file, from 1. */
  record Cut(long record, long characters, DomainSplit to) {}

  /** A record that was skipped, by its number in the file, from 1. */
  record Malformed(long record, String why) {}

  int documents() {
    return ends.length;
  }
}
