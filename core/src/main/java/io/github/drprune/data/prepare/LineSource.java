package io.github.drprune.data.prepare;

import java.io.IOException;
import java.util.Arrays;

/** A record is a line. */
final class LineSource implements RecordSource {
  private final PlainStream stream;
  private final ChunkReader chunks;
  private long lines;

  LineSource(PlainStream stream) {
    this.stream = stream;
    this.chunks = new ChunkReader(stream.in(), RecordBatch.TARGET_BYTES);
  }

  @Override
  public RecordBatch next() throws IOException {
    byte[] chunk = chunks.next();
    if (chunk == null) {
      return null;
    }
    int[] offsets = new int[64];
    int count = 0;
    for (int i = 0; i < chunk.length; i++) {
      if (chunk[i] == '\n' || i == chunk.length - 1) {
        if (++count == offsets.length) {
          offsets = Arrays.copyOf(offsets, 2 * count);
        }
        offsets[count] = i + 1;
      }
    }
    var batch = new RecordBatch(chunk, Arrays.copyOf(offsets, count + 1), lines + 1);
    lines += count;
    return batch;
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
