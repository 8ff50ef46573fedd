package io.github.drprune.data.prepare;

import java.util.BitSet;

/**
 * Some records of one file, not yet decoded, the unit of work of a thread.
 *
 * @param bytes record {@code i} is bytes [offsets[i], offsets[i + 1])
 * @param first the number in its file of the first record, from 1
 * @param missing the records that the file has no value for
 */
record RecordBatch(byte[] bytes, int[] offsets, long first, BitSet missing) {
  /** About how many bytes a batch holds; records are never divided. */
  static final int TARGET_BYTES = 1 << 18;

  private static final BitSet NONE = new BitSet();

  RecordBatch(byte[] bytes, int[] offsets, long first) {
    this(bytes, offsets, first, NONE);
  }

  int size() {
    return offsets.length - 1;
  }
}
