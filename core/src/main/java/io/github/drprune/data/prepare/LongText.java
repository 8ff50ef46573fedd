package io.github.drprune.data.prepare;

import io.github.drprune.data.Split;
import java.io.Closeable;
import java.io.IOException;
import java.io.Reader;

/**
 * The text of a record too long for one document, read anew as often as needed rather than held. A
 * tokenizer holds some hundred bytes for each token of a text, and some take more than twice the
 * time for twice the text, so it becomes several documents.
 */
final class LongText implements Closeable {
  /** Characters (UTF-16) of the longest document. */
  static final int LONGEST_DOCUMENT = 1 << 20;

  /** Where a record's text comes from. */
  interface Source extends Closeable {
    /** The text from its beginning. */
    Reader open() throws IOException;
  }

  private final Source source;
  private final DomainSplit to;
  private final TokenizedBatch.Cut cut;
  private final Pieces pieces;

  /**
   * @param record its number in the file, from 1
   * @param source closed with this
   * @param domain of it
   * @param given the split of its file; null where there is none
   */
  LongText(Source source, long record, String domain, Split given, HoldOut holdOut)
      throws IOException {
    this.source = source;
    long length = 0;
    long characters = 0;
    try (var text = source.open()) {
      char[] buffer = new char[1 << 13];
      for (int read = text.read(buffer); read >= 0; read = text.read(buffer)) {
        length += read;
        for (int i = 0; i < read; i++) {
          characters += Character.isLowSurrogate(buffer[i]) ? 0 : 1;
        }
      }
    }
    try (var text = source.open()) {
      Split split = holdOut.splitOf(given, length, text);
      this.to = split == null ? null : new DomainSplit(domain, split);
    }
    this.cut = length > LONGEST_DOCUMENT ? new TokenizedBatch.Cut(record, characters, to) : null;
    this.pieces = new Pieces(source.open(), LONGEST_DOCUMENT);
  }

  /** The next piece, or null at the end. */
  RecordBatch.Piece next() throws IOException {
    boolean first = pieces.isAtStart();
    String text = pieces.next();
    return text == null ? null : new RecordBatch.Piece(text, to, first ? cut : null);
  }

  @Override
  public void close() throws IOException {
    try (source) {
      pieces.close();
    }
  }

  /**
   * Cuts a text into pieces of at most {@code longest} characters, cut behind a line end where
   * there is one in the piece, else behind a space, else between two characters.
   */
  static final class Pieces implements Closeable {
    private final Reader in;
    private final char[] buffer;
    private int filled;
    private boolean started;

    Pieces(Reader in, int longest) {
      this.in = in;
      // One more, to see whether the text goes on.
      this.buffer = new char[longest + 1];
    }

    boolean isAtStart() {
      return !started;
    }

    /** The next piece, not empty, or null at the end. */
    String next() throws IOException {
      started = true;
      while (filled < buffer.length) {
        int read = in.read(buffer, filled, buffer.length - filled);
        if (read < 0) {
          break;
        }
        filled += read;
      }
      if (filled == 0) {
        return null;
      }
      int end = filled < buffer.length ? filled : border();
      var piece = new String(buffer, 0, end);
      System.arraycopy(buffer, end, buffer, 0, filled - end);
      filled -= end;
      return piece;
    }

    private int border() {
      int atMost = buffer.length - 1;
      for (char border : new char[] {'\n', ' '}) {
        for (int i = atMost - 1; i >= 0; i--) {
          if (buffer[i] == border) {
            return i + 1;
          }
        }
      }
      return Character.isHighSurrogate(buffer[atMost - 1]) ? atMost - 1 : atMost;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
