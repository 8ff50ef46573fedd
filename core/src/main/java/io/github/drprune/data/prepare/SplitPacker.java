package io.github.drprune.data.prepare;

import io.github.drprune.data.Manifest;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Joins the documents of one split of a domain and cuts them into sequences without padding: a
 * document goes on in the next sequence, across input files. Tokens left at the end, fewer than a
 * sequence, are not used.
 */
final class SplitPacker implements Packer {
  private final ShardWriter writer;
  private final long maxSequences;
  private final int[] row;
  private int filled;
  private long documents;
  private long characters;
  private long tokens;

  /**
   * @param maxSequences the most to write; 0 for all
   */
  SplitPacker(ShardWriter.Target target, long maxSequences, State state) throws IOException {
    this.maxSequences = maxSequences;
    this.row = new int[target.seqLen()];
    this.filled = state.carry().size();
    for (int i = 0; i < filled; i++) {
      row[i] = state.carry().get(i);
    }
    this.documents = state.documents();
    this.characters = state.characters();
    this.tokens = state.tokens();
    this.writer = new ShardWriter(target, state.shards());
  }

  @Override
  public void add(TokenizedBatch batch, int index) throws IOException {
    int[] source = batch.tokens();
    int from = index == 0 ? 0 : batch.ends()[index - 1];
    int to = batch.ends()[index];
    documents++;
    characters += batch.characters()[index];
    tokens += to - from;
    int next = from;
    while (next < to && !isFull()) {
      int taken = Math.min(row.length - filled, to - next);
      System.arraycopy(source, next, row, filled, taken);
      filled += taken;
      next += taken;
      if (filled == row.length) {
        writer.write(row);
        filled = 0;
      }
    }
  }

  @Override
  public void endFile() {
    // A document goes on across files.
  }

  @Override
  public State flush() throws IOException {
    return new State(
        documents,
        characters,
        tokens,
        IntStream.of(Arrays.copyOf(row, filled)).boxed().toList(),
        writer.flush(),
        0,
        0,
        null,
        null);
  }

  @Override
  public Manifest.SplitData finish() throws IOException {
    long used = writer.rows() * row.length;
    return new Manifest.SplitData(documents, characters, tokens, tokens - used, writer.finish());
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }

  private boolean isFull() {
    return maxSequences > 0 && writer.rows() == maxSequences;
  }
}
