package io.github.drprune.data.prepare;

import io.github.drprune.data.Split;
import java.util.List;

/**
 * The documents of a batch as tokens, marks included.
 *
 * @param tokens document {@code i} is tokens [ends[i - 1], ends[i])
 * @param characters Unicode code points of each document
 * @param splits where each document belongs
 * @param specials special tokens in the text, marks aside
 * @param cut the records too long for one document
 * @param malformed what was skipped
 */
record TokenizedBatch(
    int[] tokens,
    int[] ends,
    int[] characters,
    Split[] splits,
    long specials,
    List<Cut> cut,
    List<Malformed> malformed) {

  /** A record that became several documents, by its number in the file, from 1. */
  record Cut(long record, long characters, Split split) {}

  /** A record that was skipped, by its number in the file, from 1. */
  record Malformed(long record, String why) {}

  int documents() {
    return ends.length;
  }
}
