package io.github.drprune.data.prepare;

import io.github.drprune.data.parquet.ParquetText;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;

/** A record is the text of a row; only the text's column is read. */
final class ParquetSource implements RecordSource {
  private final InputSlice slice;
  private final InputFile file;
  private final HoldOut holdOut;
  private final ParquetText text;
  private long rows;
  private ByteBuffer longValue;
  private LongText longText;

  /**
   * @param channel closed with this
   */
  ParquetSource(InputSlice slice, SeekableByteChannel channel, PrepareConfig config)
      throws IOException {
    this.slice = slice;
    this.file = slice.file();
    this.holdOut = HoldOut.of(config);
    this.text =
        new ParquetText(channel, file.path(), config.textField(), slice.begin(), slice.end());
  }

  @Override
  public RecordBatch next() throws IOException {
    if (longValue != null) {
      rows++;
      var value = longValue;
      longValue = null;
      try {
        longText = new LongText(new Value(value), rows, file.split(), holdOut);
      } catch (CharacterCodingException e) {
        return new RecordBatch.Refused(new TokenizedBatch.Malformed(rows, "invalid UTF-8"));
      }
    }
    if (longText != null) {
      var piece = longText.next();
      if (piece != null) {
        return piece;
      }
      longText = null;
    }
    var batch = values();
    return batch == null && longValue != null ? next() : batch;
  }

  /** The next values, up to a long one; null where there are none. */
  private RecordBatch values() throws IOException {
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
      } else if (value.remaining() > LongText.LONGEST_DOCUMENT) {
        // The page holds it anyway: it is read from there.
        longValue = value;
        break;
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
        : new RecordBatch.Whole(
            joined.toByteArray(), Arrays.copyOf(offsets, count + 1), rows - count + 1, nulls);
  }

  @Override
  public long records() {
    return rows;
  }

  @Override
  public long position() {
    return text.rows() == 0 ? slice.bytes() : (long) ((double) rows / text.rows() * slice.bytes());
  }

  @Override
  public void close() throws IOException {
    text.close();
  }

  /** A value within its page. */
  private record Value(ByteBuffer bytes) implements LongText.Source {
    @Override
    public Reader open() {
      return new InputStreamReader(
          new ByteArrayInputStream(
              bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining()),
          StandardCharsets.UTF_8.newDecoder());
    }

    @Override
    public void close() {}
  }
}
