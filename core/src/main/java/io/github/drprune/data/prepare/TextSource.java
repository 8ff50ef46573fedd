package io.github.drprune.data.prepare;

import java.io.IOException;

/** A record is a file, or where it is long, a piece of it of about a document's length. */
final class TextSource implements RecordSource {
  private final PlainStream stream;
  private final ChunkReader chunks;
  private long documents;

  TextSource(PlainStream stream) {
    this.stream = stream;
    this.chunks =
        new ChunkReader(stream.in(), LongText.LONGEST_DOCUMENT, LongText.LONGEST_DOCUMENT);
  }

  @Override
  public RecordBatch next() throws IOException {
    byte[] chunk = chunks.next();
    if (chunk == null) {
      return null;
    }
    int end = chunk.length;
    if (chunks.withinLine()) {
      end = border(chunk);
      chunks.giveBack(chunk, end);
    }
    return new RecordBatch.Whole(chunk, new int[] {0, end}, ++documents);
  }

  /** Where to cut within a line: behind a space, else between two characters. */
  private static int border(byte[] chunk) {
    for (int i = chunk.length - 1; i >= 0; i--) {
      if (chunk[i] == ' ') {
        return i + 1;
      }
    }
    int start = chunk.length - 1;
    // Bytes 10xxxxxx go on with a character; there are at most three.
    while (start > chunk.length - Integer.BYTES && (chunk[start] & 0xC0) == 0x80) {
      start--;
    }
    return start;
  }

  @Override
  public long records() {
    return documents;
  }

  @Override
  public long position() {
    return stream.position();
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
