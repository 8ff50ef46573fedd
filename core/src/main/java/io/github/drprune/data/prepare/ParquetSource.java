package io.github.drprune.data.prepare;

import io.github.drprune.data.parquet.ParquetText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;

/** A record is the text of a row; only the text's column is read. */
final class ParquetSource implements RecordSource {
  private final ParquetText text;
  private final long bytes;
  private long rows;

  ParquetSource(InputFile file, String field) throws IOException {
    this.bytes = file.bytes();
    this.text = new ParquetText(file.path(), field);
  }

  @Override
  public RecordBatch next() throws IOException {
    var joined = new ByteArrayOutputStream();
    int[] offsets = new int[64];
    var nulls = new BitSet();
    int count = 0;
    while (joined.size() < RecordBatch.TARGET_BYTES
        && count < RecordBatch.TARGET_BYTES
        && text.next()) {
      var value = text.value();
      if (value == null) {
        nulls.set(count);
      } else {
        joined.write(value.array(), value.arrayOffset() + value.position(), value.remaining());
      }
      if (++count == offsets.length) {
        offsets = Arrays.copyOf(offsets, 2 * count);
      }
      offsets[count] = joined.size();
    }
    rows += count;
    return count == 0
        ? null
        : new RecordBatch(
            joined.toByteArray(), Arrays.copyOf(offsets, count + 1), rows - count + 1, nulls);
  }

  @Override
  public long position() {
    return text.rows() == 0 ? bytes : (long) ((double) rows / text.rows() * bytes);
  }

  @Override
  public void close() throws IOException {
    text.close();
  }
}
