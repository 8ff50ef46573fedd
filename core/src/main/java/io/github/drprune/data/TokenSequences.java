package io.github.drprune.data;

import io.github.drprune.error.UserException;
import io.github.drprune.io.ReadErrors;
import io.github.drprune.tokenizer.TokensBeyond;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** The sequences of one split of a domain, over memory-mapped shards; for any number of threads. */
public final class TokenSequences {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private record MappedShard(Path file, long firstRow, long rows, MemorySegment tokens) {}

  private final List<MappedShard> shards;
  private final TokenType type;
  private final int seqLen;
  private final int vocabularySize;
  private final long count;
  private final TokenSequences counted; // null where all tokens count
  private final TokenSequences starts; // null where a sequence is attended to as a whole
  private volatile TokensBeyond beyond = TokensBeyond.NONE;

  private TokenSequences(
      List<MappedShard> shards,
      TokenType type,
      int seqLen,
      int vocabularySize,
      TokenSequences counted,
      TokenSequences starts) {
    this.shards = shards;
    this.type = type;
    this.seqLen = seqLen;
    this.vocabularySize = vocabularySize;
    this.count = shards.stream().mapToLong(MappedShard::rows).sum();
    this.counted = counted;
    this.starts = starts;
  }

  /** Maps the shards until {@code arena} closes; a shard not as the manifest says is refused. */
  static TokenSequences map(Path folder, Manifest manifest, Manifest.SplitData data, Arena arena) {
    int seqLen = manifest.seqLen();
    TokenType type = manifest.tokenType();
    return new TokenSequences(
        map(folder, data.shards(), type, seqLen, arena),
        type,
        seqLen,
        manifest.tokenizer().size(),
        flags(folder, data.counted(), seqLen, arena),
        flags(folder, data.starts(), seqLen, arena));
  }

  private static TokenSequences flags(
      Path folder, List<Manifest.Shard> shards, int seqLen, Arena arena) {
    return shards == null
        ? null
        : new TokenSequences(
            map(folder, shards, TokenType.UINT8, seqLen, arena),
            TokenType.UINT8,
            seqLen,
            2,
            null,
            null);
  }

  private static List<MappedShard> map(
      Path folder, List<Manifest.Shard> shards, TokenType type, int seqLen, Arena arena) {
    var mapped = new ArrayList<MappedShard>();
    long count = 0;
    for (var shard : shards) {
      Path file = folder.resolve(shard.file());
      var expected = new NpyHeader(type, shard.sequences(), seqLen);
      mapped.add(
          new MappedShard(file, count, shard.sequences(), map(file, expected, shard, arena)));
      count += shard.sequences();
    }
    return mapped;
  }

  private static MemorySegment map(
      Path file, NpyHeader expected, Manifest.Shard shard, Arena arena) {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (channel.size() != shard.bytes() || channel.size() != expected.fileBytes()) {
        throw new UserException(
            "%s: %,d bytes, the manifest says %,d; restore the file or prepare the data again"
                .formatted(file, channel.size(), shard.bytes()));
      }
      var header = NpyHeader.read(channel, file);
      if (!header.equals(expected)) {
        throw new UserException(
            "%s: holds %s, the manifest says %s; restore the file or prepare the data again"
                .formatted(file, header, expected));
      }
      return channel
          .map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena)
          .asSlice(NpyHeader.BYTES);
    } catch (IOException e) {
      throw new UserException(
          "%s: cannot be read (%s); restore the file or prepare the data again"
              .formatted(file, ReadErrors.reason(e)),
          e);
    }
  }

  /** Refuses from now on a sequence with tokens beyond a model's vocabulary. */
  void refuse(TokensBeyond tokens) {
    if (tokens.vocabularySize() < beyond.vocabularySize()) {
      beyond = tokens;
    }
  }

  /** How many there are. */
  public long count() {
    return count;
  }

  /** Tokens of each. */
  public int seqLen() {
    return seqLen;
  }

  /** The tokens of sequence {@code row}. */
  public int[] row(long row) {
    var tokens = new int[seqLen];
    var wide = MemorySegment.ofArray(new long[seqLen]);
    read(row, wide, 0);
    for (int i = 0; i < seqLen; i++) {
      tokens[i] = (int) wide.getAtIndex(ValueLayout.JAVA_LONG, i);
    }
    return tokens;
  }

  /** Whether only some tokens count, as {@link #counted} says. */
  public boolean someCount() {
    return counted != null;
  }

  /** Which tokens of sequence {@code row} count, 1 or 0 for each; only where some do. */
  public byte[] counted(long row) {
    return counted.flags(row);
  }

  /** Whether a sequence holds several conversations, as {@link #starts} says. */
  public boolean isPacked() {
    return starts != null;
  }

  /** Which tokens of sequence {@code row} begin a conversation, 1 or 0 for each. */
  public byte[] starts(long row) {
    return starts.flags(row);
  }

  private byte[] flags(long row) {
    int[] wide = row(row);
    var flags = new byte[seqLen];
    for (int i = 0; i < seqLen; i++) {
      flags[i] = (byte) wide[i];
    }
    return flags;
  }

  /**
   * Writes sequence {@code row} as 64-bit integers to {@code target}, [rows, seqLen], at row {@code
   * targetRow}.
   */
  public void read(long row, MemorySegment target, long targetRow) {
    var shard = shards.get(shardOf(row));
    long source = (row - shard.firstRow()) * seqLen * type.bytes();
    var tokens = shard.tokens().asSlice(source, (long) seqLen * type.bytes());
    var wide = target.asSlice(targetRow * seqLen * Long.BYTES, (long) seqLen * Long.BYTES);
    long highest;
    try {
      highest =
          switch (type) {
            case UINT8 -> widenBytes(tokens, wide);
            case UINT16 -> widenShorts(tokens, wide);
            case UINT32 -> widenInts(tokens, wide);
          };
    } catch (InternalError e) {
      // How the JVM tells of a page that is no longer behind the mapping.
      throw new UserException(
          shard.file() + ": became shorter while in use; restore the file and resume the run", e);
    }
    if (highest >= vocabularySize) {
      throw new UserException(
          "%s: sequence %d holds token %d of a vocabulary of %d; the file was changed: prepare the data again"
              .formatted(shard.file(), row - shard.firstRow(), highest, vocabularySize));
    }
    if (beyond.has(highest)) {
      throw new UserException(
          "%s: sequence %d has %s; leave it out of the texts and prepare them again"
              .formatted(shard.file(), row - shard.firstRow(), beyond.told(highest)));
    }
  }

  private long widenBytes(MemorySegment tokens, MemorySegment wide) {
    int highest = 0;
    for (int i = 0; i < seqLen; i++) {
      int token = Byte.toUnsignedInt(tokens.get(ValueLayout.JAVA_BYTE, i));
      highest = Math.max(highest, token);
      wide.set(ValueLayout.JAVA_LONG_UNALIGNED, (long) i * Long.BYTES, token);
    }
    return highest;
  }

  private long widenShorts(MemorySegment tokens, MemorySegment wide) {
    int highest = 0;
    for (int i = 0; i < seqLen; i++) {
      int token = Short.toUnsignedInt(tokens.get(SHORT, (long) i * Short.BYTES));
      highest = Math.max(highest, token);
      wide.set(ValueLayout.JAVA_LONG_UNALIGNED, (long) i * Long.BYTES, token);
    }
    return highest;
  }

  private long widenInts(MemorySegment tokens, MemorySegment wide) {
    long highest = 0;
    for (int i = 0; i < seqLen; i++) {
      long token = Integer.toUnsignedLong(tokens.get(INT, (long) i * Integer.BYTES));
      highest = Math.max(highest, token);
      wide.set(ValueLayout.JAVA_LONG_UNALIGNED, (long) i * Long.BYTES, token);
    }
    return highest;
  }

  private int shardOf(long row) {
    if (row < 0 || row >= count) {
      throw new IndexOutOfBoundsException("sequence %d of %d".formatted(row, count));
    }
    int low = 0;
    int high = shards.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (shards.get(middle).firstRow() <= row) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}
