package io.github.drprune.data.prepare;

import io.github.drprune.data.TextColumns;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/** A record is the text of a row; only its column is read, and where there is one the domain's. */
final class ColumnSource implements RecordSource {
  private final InputSlice slice;
  private final InputFile file;
  private final HoldOut holdOut;
  private final TextColumns columns;
  private final String domainField; // null where no column names domains
  private final boolean conversations;
  private long rows;
  private ByteBuffer longValue;
  private LongText longText;

  /**
   * @param columns those that the settings name; closed with this
   */
  ColumnSource(InputSlice slice, TextColumns columns, PrepareConfig config) {
    this.slice = slice;
    this.file = slice.file();
    this.holdOut = HoldOut.of(config);
    this.columns = columns;
    this.domainField = config.domainField().orElse(null);
    this.conversations = config.conversations();
  }

  @Override
  public RecordBatch next() throws IOException {
    if (longValue != null) {
      rows++;
      var value = longValue;
      longValue = null;
      if (conversations) {
        return RecordBatch.Refused.tooLongForConversation(rows);
      }
      try {
        String domain =
            domainField == null ? file.domain() : DomainName.ofRecord(domain(), domainField);
        longText = new LongText(new Value(value), rows, domain, file.split(), holdOut);
      } catch (MalformedRecord e) {
        return new RecordBatch.Refused(rows, e.getMessage());
      } catch (CharacterCodingException e) {
        return new RecordBatch.Refused(rows, "invalid UTF-8");
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
    List<String> domains = domainField == null ? null : new ArrayList<>();
    int count = 0;
    while (joined.size() < RecordBatch.TARGET_BYTES
        && count < RecordBatch.TARGET_BYTES
        && columns.next()) {
      var value = columns.value(0);
      if (value == null) {
        nulls.set(count);
      } else if (value.remaining() > LongText.LONGEST_DOCUMENT) {
        // The page holds it anyway: it is read from there.
        longValue = value;
        break;
      } else {
        joined.write(value.array(), value.arrayOffset() + value.position(), value.remaining());
      }
      if (domains != null) {
        domains.add(domain());
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
            joined.toByteArray(),
            Arrays.copyOf(offsets, count + 1),
            rows - count + 1,
            nulls,
            domains);
  }

  /** What the row has as its domain's name; null where it has nothing. */
  private String domain() {
    var value = columns.value(1);
    return value == null ? null : StandardCharsets.UTF_8.decode(value.duplicate()).toString();
  }

  @Override
  public long records() {
    return rows;
  }

  @Override
  public long position() {
    return columns.rows() == 0
        ? slice.bytes()
        : (long) ((double) rows / columns.rows() * slice.bytes());
  }

  @Override
  public void close() throws IOException {
    columns.close();
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
