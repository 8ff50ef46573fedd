package io.github.drprune.data;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.github.drprune.error.UserException;
import java.nio.ByteBuffer;
import java.util.Locale;

/** How a shard stores a token: an unsigned little-endian integer. */
public enum TokenType {
  @JsonProperty("uint8")
  UINT8(Byte.BYTES, "|u1", 1 << 8),
  @JsonProperty("uint16")
  UINT16(Short.BYTES, "<u2", 1 << 16),
  @JsonProperty("uint32")
  UINT32(Integer.BYTES, "<u4", Integer.MAX_VALUE);

  private final int bytes;
  private final String descriptor;
  private final int capacity;

  TokenType(int bytes, String descriptor, int capacity) {
    this.bytes = bytes;
    this.descriptor = descriptor;
    this.capacity = capacity;
  }

  /** The narrowest type that holds ids below {@code vocabularySize}. */
  public static TokenType of(int vocabularySize) {
    return vocabularySize <= UINT16.capacity ? UINT16 : UINT32;
  }

  /** This type, or the user's mistake where it cannot hold every id of the vocabulary. */
  public TokenType holding(int vocabularySize) {
    if (vocabularySize > capacity) {
      throw new UserException(
          "the tokenizer's %,d ids do not fit %s; use uint32".formatted(vocabularySize, this));
    }
    return this;
  }

  /** Appends tokens [from, to) of {@code tokens} to a little-endian buffer that has room. */
  public void put(ByteBuffer buffer, int[] tokens, int from, int to) {
    switch (this) {
      case UINT8 -> {
        for (int i = from; i < to; i++) {
          buffer.put((byte) tokens[i]);
        }
      }
      case UINT16 -> {
        for (int i = from; i < to; i++) {
          buffer.putShort((short) tokens[i]);
        }
      }
      case UINT32 -> {
        for (int i = from; i < to; i++) {
          buffer.putInt(tokens[i]);
        }
      }
    }
  }

  /** Reads tokens [from, to) of {@code tokens} from a little-endian buffer that has them. */
  public void get(ByteBuffer buffer, int[] tokens, int from, int to) {
    switch (this) {
      case UINT8 -> {
        for (int i = from; i < to; i++) {
          tokens[i] = Byte.toUnsignedInt(buffer.get());
        }
      }
      case UINT16 -> {
        for (int i = from; i < to; i++) {
          tokens[i] = Short.toUnsignedInt(buffer.getShort());
        }
      }
      case UINT32 -> {
        for (int i = from; i < to; i++) {
          tokens[i] = buffer.getInt();
        }
      }
    }
  }

  /** Bytes of one token. */
  public int bytes() {
    return bytes;
  }

  /** NumPy's name, for example {@code <u2}. */
  String descriptor() {
    return descriptor;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
