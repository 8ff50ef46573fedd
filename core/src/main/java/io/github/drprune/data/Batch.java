package io.github.drprune.data;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The rows of a global batch that fall to one process.
 *
 * @param tokens [rows, seqLen] 64-bit integers in native memory, contiguous
 * @param domains domain index of each row
 * @param sequences number in the run of each row
 * @param globalDomainCounts rows of each domain in the batch over all processes
 */
public record Batch(
    MemorySegment tokens, int seqLen, int[] domains, long[] sequences, int[] globalDomainCounts) {
  public Batch {
    if (domains.length != sequences.length
        || tokens.byteSize() != (long) domains.length * seqLen * Long.BYTES) {
      throw new IllegalArgumentException("tokens, domains and sequences differ in length");
    }
  }

  /** How many sequences it holds. */
  public int rows() {
    return domains.length;
  }

  /** Rows [from, from + count) as a batch over the same memory. */
  public Batch rows(int from, int count) {
    long rowBytes = (long) seqLen * Long.BYTES;
    return new Batch(
        tokens.asSlice(from * rowBytes, count * rowBytes),
        seqLen,
        Arrays.copyOfRange(domains, from, from + count),
        Arrays.copyOfRange(sequences, from, from + count),
        globalDomainCounts);
  }
}
