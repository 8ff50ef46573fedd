package io.github.drprune.data.prepare;

import java.io.IOException;

/** A record is a file, or where it is long, a piece of about {@link #LONGEST_DOCUMENT}. */
final class TextSource implements RecordSource {
  /** Bytes past which a text file becomes several documents, cut at a line end. */
  static final int LONGEST_DOCUMENT = 1 << 20;

  private final PlainStream stream;
  private final ChunkReader chunks;
  private long documents;

  TextSource(PlainStream stream) {
    this.stream = stream;
    this.chunks = new ChunkReader(stream.in(), LONGEST_DOCUMENT);
  }

  @Override
  public RecordBatch next() throws IOException {
    byte[] chunk = chunks.next();
    return chunk == null ? null : new RecordBatch(chunk, new int[] {0, chunk.length}, ++documents);
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
