package io.github.drprune.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Native memory for some rows, with what the data says of their tokens. */
public final class RowBuffer {
  private final int seqLen;
  private final MemorySegment tokens;
  private final MemorySegment counted; // null where all tokens count
  private final MemorySegment starts; // null where rows are attended to as a whole

  /** Room for {@code rows} rows of any of {@code sources}, until {@code arena} closes. */
  public RowBuffer(Arena arena, int rows, List<TokenSequences> sources) {
    this.seqLen = sources.getFirst().seqLen();
    long size = (long) rows * seqLen;
    this.tokens = arena.allocate(size * Long.BYTES, 64);
    this.counted =
        sources.stream().anyMatch(TokenSequences::someCount) ? arena.allocate(size, 64) : null;
    this.starts =
        sources.stream().anyMatch(TokenSequences::isPacked) ? arena.allocate(size, 64) : null;
  }

  /** Copies sequence {@code row} of {@code source} to row {@code at}. */
  public void read(TokenSequences source, long row, int at) {
    source.read(row, tokens, at);
    if (counted != null) {
      write(source.counted(row), counted, at);
    }
    if (starts != null) {
      write(source.starts(row), starts, at);
    }
  }

  private void write(byte[] flags, MemorySegment target, int at) {
    MemorySegment.copy(flags, 0, target, ValueLayout.JAVA_BYTE, (long) at * seqLen, seqLen);
  }

  /**
   * The first rows as a batch over this memory.
   *
   * @param domains domain index of each row
   * @param sequences number in the run of each row
   * @param globalDomainCounts rows of each domain in the batch over all processes
   */
  public Batch batch(int[] domains, long[] sequences, int[] globalDomainCounts) {
    long size = (long) domains.length * seqLen;
    return new Batch(
        tokens.asSlice(0, size * Long.BYTES),
        counted == null ? null : counted.asSlice(0, size),
        starts == null ? null : starts.asSlice(0, size),
        seqLen,
        domains,
        sequences,
        globalDomainCounts);
  }
}
