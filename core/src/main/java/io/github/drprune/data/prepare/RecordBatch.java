package io.github.drprune.data.prepare;

import java.util.BitSet;
import java.util.List;

/** What a source gives out, the unit of work of a thread. */
sealed interface RecordBatch {
  /** About how many bytes a batch holds; records shorter than a document may be are not divided. */
  int TARGET_BYTES = 1 << 18;

  /**
   * Some records of one file, not yet decoded.
   *
   * @param bytes record {@code i} is bytes [offsets[i], offsets[i + 1])
   * @param first the number in its file of the first record, from 1
   * @param missing the records that the file has no value for
   * @param domains what a column has as each record's domain, null where it has nothing; null where
   *     there is no such column
   */
  record Whole(byte[] bytes, int[] offsets, long first, BitSet missing, List<String> domains)
      implements RecordBatch {
    private static final BitSet NONE = new BitSet();

    Whole(byte[] bytes, int[] offsets, long first) {
      this(bytes, offsets, first, NONE, null);
    }

    int size() {
      return offsets.length - 1;
    }
  }

  /**
   * A document that is a piece of a long record.
   *
   * @param to where the whole record belongs; null where it is left out
   * @param cut tells of the record that it is several documents, with the first of them; else null
   */
  record Piece(String text, DomainSplit to, TokenizedBatch.Cut cut) implements RecordBatch {}

  /** A long record that holds no document, and why. */
  record Refused(TokenizedBatch.Malformed record) implements RecordBatch {
    Refused(long record, String why) {
      this(new TokenizedBatch.Malformed(record, why));
    }

    /** A conversation is held whole, so it must not be longer than a document may be. */
    static Refused tooLongForConversation(long record) {
      return new Refused(record, "too long for a conversation");
    }
  }
}
