package io.github.drprune.data.prepare;

import io.github.drprune.data.parquet.ParquetRows;
import io.github.drprune.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** A record is a row with all its columns, as the JSON object that a line would have. */
final class ParquetConversations implements RecordSource {
  private final InputFile file;
  private final ParquetRows rows;
  private final long count;
  private long read;

  private ParquetConversations(InputFile file, ParquetRows rows) {
    this.file = file;
    this.rows = rows;
    this.count = rows.count();
  }

  /**
   * Reads whole rows, or where there is a column of text the objects in it.
   *
   * @param channel closed with the source
   */
  static RecordSource open(InputSlice slice, SeekableByteChannel channel, PrepareConfig config)
      throws IOException {
    var rows = new ParquetRows(channel);
    return rows.has(config.textField())
        ? RecordSource.parquet(slice, channel, config)
        : new ParquetConversations(slice.file(), rows);
  }

  @Override
  public RecordBatch next() throws IOException {
    var joined = new ByteArrayOutputStream();
    int[] offsets = new int[64];
    int size = 0;
    while (joined.size() < RecordBatch.TARGET_BYTES) {
      Map<String, Object> row = rows.next();
      if (row == null) {
        break;
      }
      joined.writeBytes(Json.line(present(row)).getBytes(StandardCharsets.UTF_8));
      if (++size == offsets.length) {
        offsets = Arrays.copyOf(offsets, 2 * size);
      }
      offsets[size] = joined.size();
    }
    read += size;
    return size == 0
        ? null
        : new RecordBatch.Whole(
            joined.toByteArray(), Arrays.copyOf(offsets, size + 1), read - size + 1);
  }

  /** A column that a row has no value for is a key that it has not. */
  private static Map<String, Object> present(Map<String, Object> row) {
    var present = new TreeMap<>(row);
    present.values().removeIf(value -> value == null);
    return present;
  }

  @Override
  public long records() {
    return read;
  }

  @Override
  public long position() {
    return count == 0 ? file.bytes() : (long) ((double) read / count * file.bytes());
  }

  @Override
  public void close() throws IOException {
    rows.close();
  }
}
