package io.github.drprune.data.prepare;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A record is the {@code tokens} column of a sample of an MDS shard (MosaicML streaming, version
 * 2), as 32-bit little-endian integers whatever their width in the shard.
 *
 * <p>Layout: sample count n, n + 1 offsets (all 32-bit), a JSON object that names the columns, the
 * samples. A sample: the sizes of the columns whose size is not fixed, then the columns.
 */
final class MdsSource implements RecordSource {
  private static final String COLUMN = "tokens";

  /** Bytes past which a sample is taken for damage, as it has to be held in memory. */
  private static final int LONGEST_SAMPLE = 64 << 20;

  private final InputFile file;
  private final PlainStream stream;
  private final long[] offsets;
  private final List<Integer> columnSizes = new ArrayList<>();
  private int tokenColumn;
  private int tokenBytes;
  private int sample;

  MdsSource(InputFile file, PlainStream stream) throws IOException {
    this.file = file;
    this.stream = stream;
    try {
      int samples = little(4).getInt();
      if (samples < 0 || samples > Integer.MAX_VALUE / 4 - 2) {
        throw broken("claims %d samples".formatted(samples));
      }
      var table = little(4 * (samples + 1));
      this.offsets = new long[samples + 1];
      for (int i = 0; i <= samples; i++) {
        offsets[i] = Integer.toUnsignedLong(table.getInt());
        if (i > 0 && offsets[i] < offsets[i - 1]) {
          throw broken("has offsets that go back");
        }
      }
      long header = offsets[0] - 4L * (samples + 2);
      if (header < 2 || header > 1 << 20) {
        throw broken("has no column names where they belong");
      }
      columns(Json.tree(new String(bytes((int) header), StandardCharsets.UTF_8), file.name()));
    } catch (IOException | RuntimeException e) {
      stream.close();
      throw e;
    }
  }

  @Override
  public RecordBatch next() throws IOException {
    if (sample == offsets.length - 1) {
      if (stream.in().read() >= 0) {
        throw broken("goes on behind its last sample");
      }
      return null;
    }
    int first = sample;
    var records = new ArrayList<byte[]>();
    int total = 0;
    while (sample < offsets.length - 1 && total < RecordBatch.TARGET_BYTES) {
      byte[] tokens = wide(tokens(bytes(length(sample))));
      records.add(tokens);
      total += tokens.length;
      sample++;
    }
    var joined = ByteBuffer.allocate(total);
    int[] ends = new int[records.size() + 1];
    for (int i = 0; i < records.size(); i++) {
      joined.put(records.get(i));
      ends[i + 1] = joined.position();
    }
    return new RecordBatch.Whole(joined.array(), ends, first + 1);
  }

  @Override
  public long records() {
    return sample;
  }

  @Override
  public long position() {
    return stream.position();
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }

  private void columns(JsonNode header) {
    var names = new ArrayList<String>();
    header.path("column_names").forEach(name -> names.add(name.asText()));
    header
        .path("column_sizes")
        .forEach(size -> columnSizes.add(size.isNull() ? null : size.asInt()));
    tokenColumn = names.indexOf(COLUMN);
    String encoding = header.path("column_encodings").path(tokenColumn).asText();
    if (tokenColumn < 0 || columnSizes.size() != names.size() || !encoding.equals("bytes")) {
      throw new UserException(
          "%s: needs a column '%s' of bytes, has %s %s"
              .formatted(file.path(), COLUMN, names, header.path("column_encodings")));
    }
  }

  private int length(int index) {
    long length = offsets[index + 1] - offsets[index];
    if (length > LONGEST_SAMPLE) {
      throw broken("has a sample of %,d bytes".formatted(length));
    }
    return (int) length;
  }

  private byte[] tokens(byte[] data) {
    var buffer = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    try {
      int[] sizes = new int[columnSizes.size()];
      for (int i = 0; i < sizes.length; i++) {
        sizes[i] = columnSizes.get(i) == null ? buffer.getInt() : columnSizes.get(i);
      }
      long start = buffer.position();
      long end = start;
      for (int i = 0; i < sizes.length; i++) {
        start += i < tokenColumn ? sizes[i] : 0;
        end += sizes[i];
        if (sizes[i] < 0 || end > data.length) {
          throw broken("sample %d claims more bytes than it has".formatted(sample + 1));
        }
      }
      if (end < data.length) {
        throw broken("sample %d has more bytes than its columns".formatted(sample + 1));
      }
      return Arrays.copyOfRange(data, (int) start, (int) start + sizes[tokenColumn]);
    } catch (BufferUnderflowException e) {
      throw broken("sample %d is damaged".formatted(sample + 1));
    }
  }

  /** The format does not say how wide a token is, but a wider one shows by its zero halves. */
  private byte[] wide(byte[] tokens) {
    if (tokenBytes == 0) {
      tokenBytes = !allZero(tokens, 2, 4) ? 2 : !allZero(tokens, 4, 8) ? 4 : 8;
    }
    if (tokens.length % tokenBytes != 0) {
      throw broken(
          "sample %d has %d bytes of %d-byte tokens"
              .formatted(sample + 1, tokens.length, tokenBytes));
    }
    var in = ByteBuffer.wrap(tokens).order(ByteOrder.LITTLE_ENDIAN);
    var out = ByteBuffer.allocate(tokens.length / tokenBytes * 4).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      out.putInt(
          switch (tokenBytes) {
            case 2 -> Short.toUnsignedInt(in.getShort());
            case 4 -> in.getInt();
            default -> narrow(in.getLong());
          });
    }
    return out.array();
  }

  /** An id past 32 bits is none of any tokenizer's: -1, which is refused as such. */
  private static int narrow(long token) {
    return token < 0 || token > Integer.MAX_VALUE ? -1 : (int) token;
  }

  /** Whether in every group of {@code stride} bytes those from {@code from} on are zero. */
  private static boolean allZero(byte[] bytes, int from, int stride) {
    if (bytes.length % stride != 0) {
      return false;
    }
    for (int i = 0; i < bytes.length; i++) {
      // The high byte of a wide token may be used; the words above 2^20 are not.
      if (i % stride >= from
          && bytes[i] != 0
          && !(stride == 4 && i % stride == 2 && bytes[i] < 16)) {
        return false;
      }
    }
    return true;
  }

  private ByteBuffer little(int count) throws IOException {
    return ByteBuffer.wrap(bytes(count)).order(ByteOrder.LITTLE_ENDIAN);
  }

  private byte[] bytes(int count) throws IOException {
    byte[] bytes = stream.in().readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException("the shard ends early");
    }
    return bytes;
  }

  private UserException broken(String why) {
    return new UserException(
        "%s: not an MDS shard this program can read: %s".formatted(file.path(), why));
  }
}
