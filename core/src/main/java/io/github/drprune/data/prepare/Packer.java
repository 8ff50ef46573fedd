package io.github.drprune.data.prepare;

import io.github.drprune.data.Manifest;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/** Makes the sequences of one split of a domain out of its documents. */
sealed interface Packer extends Closeable permits SplitPacker, ConversationPacker {
  /**
   * How far a packer got.
   *
   * @param carry the tokens of the sequence begun
   * @param unused tokens of conversations that were cut off
   * @param counted tokens that count, of conversations
   * @param masks the shards of which tokens count; null for text, as the next
   * @param starts the shards of where conversations begin
   */
  record State(
      long documents,
      long characters,
      long tokens,
      List<Integer> carry,
      ShardWriter.State shards,
      long unused,
      long counted,
      ShardWriter.State masks,
      ShardWriter.State starts) {
    static final State START =
        new State(0, 0, 0, List.of(), ShardWriter.State.START, 0, 0, null, null);
  }

  /** Takes document {@code index} of a batch. */
  void add(TokenizedBatch batch, int index) throws IOException;

  /** Takes note that an input file is done. */
  void endFile() throws IOException;

  /** Brings everything to the disk and says how to go on from here. */
  State flush() throws IOException;

  /** Completes the split. */
  Manifest.SplitData finish() throws IOException;
}
