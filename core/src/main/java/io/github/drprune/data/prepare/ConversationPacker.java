package io.github.drprune.data.prepare;

import io.github.drprune.data.Manifest;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * Puts conversations into sequences whole, one in each or as many as fit, in their order; what is
 * left of a sequence is padding, which does not count. A sequence ends with its input file.
 */
final class ConversationPacker implements Packer {
  private final ShardWriter tokenWriter;
  private final ShardWriter maskWriter;
  private final ShardWriter startWriter; // null without packing
  private final long maxSequences;
  private final int padding;
  private final int[] row;
  private final int[] mask;
  private final int[] starts;
  private int filled;
  private long documents;
  private long characters;
  private long tokens;
  private long unused;
  private long counted;

  /**
   * @param packs whether a sequence takes more than one
   * @param padding the token after the last conversation of a sequence
   */
  ConversationPacker(
      ShardWriter.Target target, long maxSequences, boolean packs, int padding, State state)
      throws IOException {
    this.maxSequences = maxSequences;
    this.padding = padding;
    this.row = new int[target.seqLen()];
    this.mask = new int[target.seqLen()];
    this.starts = new int[target.seqLen()];
    this.documents = state.documents();
    this.characters = state.characters();
    this.tokens = state.tokens();
    this.unused = state.unused();
    this.counted = state.counted();
    this.tokenWriter = new ShardWriter(target, state.shards());
    this.maskWriter = new ShardWriter(target.flags(".mask"), orStart(state.masks()));
    this.startWriter =
        packs ? new ShardWriter(target.flags(".starts"), orStart(state.starts())) : null;
    clear();
  }

  private static ShardWriter.State orStart(ShardWriter.State state) {
    return state == null ? ShardWriter.State.START : state;
  }

  @Override
  public void add(TokenizedBatch batch, int index) throws IOException {
    int from = index == 0 ? 0 : batch.ends()[index - 1];
    int length = batch.ends()[index] - from;
    documents++;
    characters += batch.characters()[index];
    tokens += length;
    if (filled > 0 && (startWriter == null || filled + length > row.length)) {
      write();
    }
    if (maxSequences > 0 && tokenWriter.rows() == maxSequences) {
      unused += length;
      return;
    }
    System.arraycopy(batch.tokens(), from, row, filled, length);
    starts[filled] = 1;
    for (int i = 0; i < length; i++) {
      mask[filled + i] = batch.counted()[from + i];
      counted += batch.counted()[from + i];
    }
    if (filled > 0) {
      counted -= mask[filled];
      mask[filled] = 0; // what is before it in the sequence does not predict it
    }
    filled += length;
  }

  private void write() throws IOException {
    if (startWriter != null) {
      if (filled < row.length) {
        starts[filled] = 1; // the padding
      }
      startWriter.write(starts);
    }
    tokenWriter.write(row);
    maskWriter.write(mask);
    clear();
  }

  private void clear() {
    Arrays.fill(row, padding);
    Arrays.fill(mask, 0);
    Arrays.fill(starts, 0);
    filled = 0;
  }

  @Override
  public void endFile() throws IOException {
    if (filled > 0) {
      write();
    }
  }

  @Override
  public State flush() throws IOException {
    return new State(
        documents,
        characters,
        tokens,
        List.of(),
        tokenWriter.flush(),
        unused,
        counted,
        maskWriter.flush(),
        startWriter == null ? null : startWriter.flush());
  }

  @Override
  public Manifest.SplitData finish() throws IOException {
    return new Manifest.SplitData(
        documents,
        characters,
        tokens,
        unused,
        tokenWriter.finish(),
        counted,
        maskWriter.finish(),
        startWriter == null ? null : startWriter.finish());
  }

  @Override
  public void close() throws IOException {
    try (tokenWriter;
        maskWriter;
        startWriter) {
      // all are closed, whichever fails
    }
  }
}
