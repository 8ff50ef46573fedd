package io.github.drprune.data.parquet;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.util.zip.CRC32;

/** The pages of a column's chunk, one in memory at a time. */
final class ChunkPages {
  private static final int FIRST_LOOK = 1 << 10;
  private static final int LONGEST_HEADER = 16 << 20;
  private static final int LARGEST_PAGE = 256 << 20;

  private final SeekableByteChannel file;
  private final ParquetFooter.Column column;
  private final PageCodec codec;
  private final long values;
  private final long end;
  private long position;
  private long seen;
  private ByteBuffer[] dictionary;

  /**
   * A page.
   *
   * @param levels tells which values are present; null where all are
   * @param repetitions tells which values belong to one row; null where each is a row's
   */
  record Page(int count, RunLengths levels, RunLengths repetitions, PageValues values) {}

  ChunkPages(
      SeekableByteChannel file,
      ParquetFooter footer,
      ParquetFooter.Column column,
      ParquetFooter.Group group)
      throws IOException {
    int index = footer.columns().indexOf(column);
    if (group.chunks().size() != footer.columns().size()) {
      throw new IOException("its schema is damaged");
    }
    var chunk = group.chunks().get(index);
    if (chunk.has(1)) {
      throw new IOException("its columns lie in other files");
    }
    var about = chunk.struct(3);
    this.file = file;
    this.column = column;
    this.codec = PageCodec.of(about.number(4));
    this.values = about.number(5);
    long data = about.number(9);
    long first = about.number(11, 0);
    this.position = first > 0 && first < data ? first : data;
    this.end = position + about.number(7);
    if (position < Integer.BYTES || end < position || end > footer.end() || values < 0) {
      throw new IOException("a column lies outside the file");
    }
    if (!column.repeated() && values != group.rows()) {
      throw new IOException("a column has not as many values as rows");
    }
  }

  /** The next page of data, or null at the end. */
  Page next() throws IOException {
    while (position < end) {
      var header = header();
      byte[] body = body(header);
      switch ((int) header.number(1)) {
        case 0 -> {
          return first(header, header.struct(5), body);
        }
        case 2 -> dictionary = dictionary(header, body);
        case 3 -> {
          return second(header, header.struct(8), body);
        }
        default -> {
          // Indexes are of no use here.
        }
      }
    }
    if (seen != values) {
      throw new IOException("a column has not as many values as rows");
    }
    return null;
  }

  private ThriftStruct header() throws IOException {
    for (int look = FIRST_LOOK; ; look *= 16) {
      int length = (int) Math.min(look, end - position);
      var bytes = ParquetFooter.little(file, position, length);
      try {
        var header = ThriftStruct.read(bytes);
        position += bytes.position();
        return header;
      } catch (BufferUnderflowException e) {
        if (length < look || look > LONGEST_HEADER) {
          throw new IOException("the header of a page is damaged", e);
        }
      }
    }
  }

  private byte[] body(ThriftStruct header) throws IOException {
    int length = header.count(3);
    if (length > end - position || length > LARGEST_PAGE || header.count(2) > LARGEST_PAGE) {
      throw new IOException("a page is larger than the column it is in, or than 256 MiB");
    }
    byte[] body = ParquetFooter.little(file, position, length).array();
    position += length;
    if (header.has(4)) {
      var sum = new CRC32();
      sum.update(body);
      if ((int) sum.getValue() != (int) header.number(4)) {
        throw new IOException("a page does not have its checksum");
      }
    }
    return body;
  }

  private int counted(ThriftStruct about) throws IOException {
    int count = about.count(1);
    seen += count;
    if (seen > values) {
      throw new IOException("a column has not as many values as rows");
    }
    return count;
  }

  /** Version 1: levels and values are compressed together. */
  private Page first(ThriftStruct header, ThriftStruct about, byte[] body) throws IOException {
    int count = counted(about);
    var plain = ByteBuffer.wrap(codec.decompress(body, header.count(2)));
    plain.order(ByteOrder.LITTLE_ENDIAN);
    RunLengths repetitions = null;
    if (column.repeated()) {
      repetitions = levels(PageValues.take(plain, plain.getInt()), column.repetition());
    }
    RunLengths levels = null;
    if (column.definition() > 0) {
      levels = levels(PageValues.take(plain, plain.getInt()), column.definition());
    }
    return new Page(count, levels, repetitions, values(about.number(2), plain.slice(), count));
  }

  /** Version 2: the levels come first, never compressed. */
  private Page second(ThriftStruct header, ThriftStruct about, byte[] body) throws IOException {
    int count = counted(about);
    var in = ByteBuffer.wrap(body);
    int repetition = about.count(6);
    var repetitions = PageValues.take(in, repetition);
    int definition = about.count(5);
    var levels = PageValues.take(in, definition);
    byte[] values = new byte[in.remaining()];
    in.get(values);
    int size = header.count(2) - repetition - definition;
    if (size < 0) {
      throw new IOException("a page is not of the size it claims");
    }
    if (about.flag(7, true) && values.length > 0) {
      values = codec.decompress(values, size);
    }
    return new Page(
        count,
        column.definition() > 0 ? levels(levels, column.definition()) : null,
        column.repeated() ? levels(repetitions, column.repetition()) : null,
        values(about.number(4), ByteBuffer.wrap(values), count));
  }

  private static RunLengths levels(ByteBuffer in, int highest) throws IOException {
    return new RunLengths(in, Integer.SIZE - Integer.numberOfLeadingZeros(highest));
  }

  private PageValues values(long encoding, ByteBuffer in, int count) throws IOException {
    return PageValues.of(encoding, in, count, dictionary, PageValues.width(column));
  }

  private ByteBuffer[] dictionary(ThriftStruct header, byte[] body) throws IOException {
    int count = header.struct(7).count(1);
    var plain = ByteBuffer.wrap(codec.decompress(body, header.count(2)));
    int width = PageValues.width(column);
    // An entry of text has its length before it.
    if (count > plain.remaining() / (width > 0 ? width : Integer.BYTES)) {
      throw new IOException("a dictionary is shorter than it claims");
    }
    var values = PageValues.of(0, plain, count, null, width);
    var entries = new ByteBuffer[count];
    for (int i = 0; i < count; i++) {
      entries[i] = values.next();
    }
    return entries;
  }
}
