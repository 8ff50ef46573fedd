package io.github.drprune.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The rows of a global batch that fall to one process.
 *
 * @param tokens [rows, seqLen] 64-bit integers in native memory, contiguous
 * @param counted [rows, seqLen] bytes in native memory, 1 for a token whose prediction counts and 0
 *     for another; a row's first token never counts, whatever is said of it. Null where all others
 *     count
 * @param starts [rows, seqLen] bytes in native memory, 1 for a token that attends to nothing before
 *     it and that nothing after it looks beyond; null where rows are attended to as a whole
 * @param domains domain index of each row
 * @param sequences number in the run of each row
 * @param globalDomainCounts rows of each domain in the batch over all processes
 */
public record Batch(
    MemorySegment tokens,
    MemorySegment counted,
    MemorySegment starts,
    int seqLen,
    int[] domains,
    long[] sequences,
    int[] globalDomainCounts) {
  public Batch {
    if (domains.length != sequences.length
        || tokens.byteSize() != (long) domains.length * seqLen * Long.BYTES) {
      throw new IllegalArgumentException("tokens, domains and sequences differ in length");
    }
    if (starts != null && starts.byteSize() != (long) domains.length * seqLen) {
      throw new IllegalArgumentException("tokens and where they begin differ in length");
    }
    if (counted != null && counted.byteSize() != (long) domains.length * seqLen) {
      throw new IllegalArgumentException("tokens and which of them count differ in length");
    }
  }

  /** Rows that are attended to as a whole. */
  public Batch(
      MemorySegment tokens,
      MemorySegment counted,
      int seqLen,
      int[] domains,
      long[] sequences,
      int[] globalDomainCounts) {
    this(tokens, counted, null, seqLen, domains, sequences, globalDomainCounts);
  }

  /** How many sequences it holds. */
  public int rows() {
    return domains.length;
  }

  /** Tokens of a row whose prediction counts. */
  public int predicted(int row) {
    if (counted == null) {
      return seqLen - 1;
    }
    int predicted = 0;
    for (int i = 1; i < seqLen; i++) {
      predicted += counted.get(ValueLayout.JAVA_BYTE, (long) row * seqLen + i);
    }
    return predicted;
  }

  /** Tokens of all rows whose prediction counts. */
  public long predicted() {
    return IntStream.range(0, rows()).mapToLong(this::predicted).sum();
  }

  /** Rows [from, from + count) as a batch over the same memory. */
  public Batch rows(int from, int count) {
    long rowBytes = (long) seqLen * Long.BYTES;
    return new Batch(
        tokens.asSlice(from * rowBytes, count * rowBytes),
        flags(counted, from, count),
        flags(starts, from, count),
        seqLen,
        Arrays.copyOfRange(domains, from, from + count),
        Arrays.copyOfRange(sequences, from, from + count),
        globalDomainCounts);
  }

  private MemorySegment flags(MemorySegment flags, int from, int count) {
    return flags == null ? null : flags.asSlice((long) from * seqLen, (long) count * seqLen);
  }
}
