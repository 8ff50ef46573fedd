package io.github.drprune.data.parquet;

import io.github.drprune.io.GzipStream;
import io.github.drprune.io.ZstdStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import org.apache.commons.compress.compressors.brotli.BrotliCompressorInputStream;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorInputStream;
import org.apache.commons.compress.compressors.snappy.SnappyCompressorInputStream;

/** How pages are compressed, in the order of Parquet's numbers for it. */
enum PageCodec {
  UNCOMPRESSED,
  SNAPPY,
  GZIP,
  LZO,
  BROTLI,
  LZ4,
  ZSTD,
  LZ4_RAW;

  /** How far back Snappy's copies reach in pages as they are written everywhere. */
  private static final int SNAPPY_BLOCK = 1 << 16;

  static PageCodec of(long number) throws IOException {
    if (number < 0 || number >= values().length) {
      throw new IOException("compression %d is not known".formatted(number));
    }
    return values()[(int) number];
  }

  /** The plain bytes of a page, which must be {@code size}; memory grows with them, not before. */
  byte[] decompress(byte[] page, int size) throws IOException {
    if (this == UNCOMPRESSED && page.length == size) {
      return page;
    }
    try (InputStream in = open(page)) {
      byte[] plain = in.readNBytes(size);
      if (plain.length < size || in.read() >= 0) {
        throw new IOException("a page is not of the size it claims");
      }
      return plain;
    }
  }

  private InputStream open(byte[] page) throws IOException {
    var in = new ByteArrayInputStream(page);
    return switch (this) {
      case UNCOMPRESSED -> in;
      case SNAPPY -> new SnappyCompressorInputStream(in, SNAPPY_BLOCK);
      case GZIP -> new GzipStream(in);
      case BROTLI -> new BrotliCompressorInputStream(in);
      case LZ4 -> framed(page);
      case ZSTD -> new ZstdStream(in);
      case LZ4_RAW -> new BlockLZ4CompressorInputStream(in);
      case LZO -> throw new IOException("LZO is not read; write the file again with zstd");
    };
  }

  /** Hadoop's frames, plain and compressed size before each block; some writers leave them out. */
  private static InputStream framed(byte[] page) throws IOException {
    var blocks = new ArrayList<InputStream>();
    var in = ByteBuffer.wrap(page);
    while (in.remaining() > 2 * Integer.BYTES) {
      int plain = in.getInt();
      int compressed = in.getInt();
      if (plain < 0 || compressed < 0 || compressed > in.remaining()) {
        return new BlockLZ4CompressorInputStream(new ByteArrayInputStream(page));
      }
      blocks.add(
          new BlockLZ4CompressorInputStream(
              new ByteArrayInputStream(page, in.position(), compressed)));
      in.position(in.position() + compressed);
    }
    if (in.hasRemaining()) {
      throw new EOFException("a page ends within a block");
    }
    return new SequenceInputStream(Collections.enumeration(blocks));
  }
}
