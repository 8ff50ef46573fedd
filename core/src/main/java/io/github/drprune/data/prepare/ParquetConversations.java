package io.github.drprune.data.prepare;

import io.github.drprune.conversation.Conversation;
import io.github.drprune.data.parquet.ParquetRows;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * A record is a row with the columns that conversations have, as the JSON object that a line would
 * have.
 */
final class ParquetConversations implements RecordSource {
  private final InputFile file;
  private final ParquetRows rows;
  private final long count;
  private long read;
  private boolean tooLong; // the row behind those given out

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
    String domain = config.domainField().orElse(null);
    Path path = slice.file().path();
    // Others may be of kinds that are not read.
    var rows =
        new ParquetRows(
            channel,
            path,
            column -> Conversation.isField(column.split("\\.", 2)[0]) || column.equals(domain));
    if (rows.names().contains(config.textField())) {
      return RecordSource.parquet(slice, channel, config);
    }
    if (rows.names().stream().noneMatch(Conversation::isField)) {
      throw UserException.at(
          "text_field",
          "%s has no column '%s' and %s"
              .formatted(path, config.textField(), Conversation.noneIn(rows.names())),
          "name the column that holds conversations");
    }
    return new ParquetConversations(slice.file(), rows);
  }

  @Override
  public RecordBatch next() throws IOException {
    if (tooLong) {
      tooLong = false;
      read++;
      return RecordBatch.Refused.tooLongForConversation(read);
    }
    RecordBatch batch = rows();
    return batch == null && tooLong ? next() : batch;
  }

  /** The next rows, up to a long one; null where there are none. */
  private RecordBatch rows() throws IOException {
    var joined = new ByteArrayOutputStream();
    int[] offsets = new int[64];
    int size = 0;
    while (joined.size() < RecordBatch.TARGET_BYTES) {
      Map<String, Object> row = rows.next();
      if (row == null) {
        break;
      }
      byte[] line = Json.line(present(row)).getBytes(StandardCharsets.UTF_8);
      if (line.length > LongText.LONGEST_DOCUMENT) {
        tooLong = true;
        break;
      }
      joined.writeBytes(line);
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
