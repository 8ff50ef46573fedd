package io.github.drprune.gguf;

import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
import io.github.drprune.gguf.GgufValue.Type;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** Reads one header, refusing whatever the format does not allow. */
final class HeaderReader {
  private static final int WINDOW = 1 << 16;
  private static final int DEEPEST_ARRAY = 4;
  private static final int LONGEST_KEY = 65_535;
  private static final int LONGEST_TEXT = 1 << 28;

  /** Far beyond any vocabulary and its merges. */
  private static final int MOST_VALUES = 1 << 23;

  /** A key, a type and a value take at least so many bytes; likewise a tensor's entry. */
  private static final int SMALLEST_ENTRY = 8 + 4 + 1;

  private final Path file;
  private final FileChannel channel;
  private final long size;
  private final ByteBuffer window =
      ByteBuffer.allocate(WINDOW).order(ByteOrder.LITTLE_ENDIAN).limit(0);
  private long windowEnd; // the file's byte behind the window

  HeaderReader(Path file, FileChannel channel) throws IOException {
    this.file = file;
    this.channel = channel;
    this.size = channel.size();
  }

  GgufHeader read() throws IOException {
    if (size < Integer.BYTES || take(Integer.BYTES).getInt() != GgufHeader.MAGIC) {
      throw new UserException(file + ": not a GGUF file; name one, or the folder of a checkpoint");
    }
    int version = take(Integer.BYTES).getInt();
    if (version != GgufHeader.VERSION) {
      boolean bigEndian = Integer.reverseBytes(version) == GgufHeader.VERSION;
      throw new UserException(
          "%s: %s; only little-endian files of version %d are read; convert it again"
              .formatted(
                  file,
                  bigEndian
                      ? "a big-endian file"
                      : "version %s of the format".formatted(Integer.toUnsignedString(version)),
                  GgufHeader.VERSION));
    }
    long tensorCount = count("tensors", SMALLEST_ENTRY);
    long keyCount = count("keys", SMALLEST_ENTRY);
    SequencedMap<String, GgufValue> metadata = new LinkedHashMap<>();
    for (long i = 0; i < keyCount; i++) {
      String key = text("a key", LONGEST_KEY);
      if (metadata.put(key, value(key, type(key), 0)) != null) {
        throw refused("key %s stands there twice".formatted(Printable.quoted(key)));
      }
    }
    List<GgufTensor> tensors = new ArrayList<>();
    List<Long> offsets = new ArrayList<>();
    for (long i = 0; i < tensorCount; i++) {
      tensors.add(tensor());
      offsets.add(take(Long.BYTES).getLong());
    }
    GgufHeader header;
    try {
      header = new GgufHeader(metadata, tensors);
      requireLayout(header, offsets);
    } catch (IllegalArgumentException e) {
      throw refused(e.getMessage());
    } catch (ArithmeticException e) {
      throw refused("its tensors are larger than any file");
    }
    return header;
  }

  private void requireLayout(GgufHeader header, List<Long> offsets) {
    long expected = 0;
    for (int i = 0; i < offsets.size(); i++) {
      GgufTensor tensor = header.tensors().get(i);
      if (offsets.get(i) != expected) {
        throw refused(
            "tensor %s begins at byte %s of the data, expected %d, where the one before it ends"
                .formatted(
                    Printable.quoted(tensor.name()),
                    Long.toUnsignedString(offsets.get(i)),
                    expected));
      }
      expected = Math.addExact(expected, header.padded(tensor.byteSize()));
    }
    long start = header.padded(position());
    long last = header.tensors().isEmpty() ? 0 : header.tensors().getLast().byteSize();
    long end =
        header.tensors().isEmpty()
            ? position()
            : Math.addExact(start, expected - header.padded(last) + last);
    if (size < end) {
      throw refused(
          "truncated: header and tensors take %d bytes, the file has %d".formatted(end, size));
    }
  }

  private GgufTensor tensor() throws IOException {
    String name = text("a tensor's name", LONGEST_KEY);
    String what = "tensor " + Printable.quoted(name);
    int dimensions = take(Integer.BYTES).getInt();
    if (dimensions < 1 || dimensions > GgufTensor.MOST_DIMENSIONS) {
      throw refused("%s has %s dimensions".formatted(what, Integer.toUnsignedString(dimensions)));
    }
    List<Long> sizes = new ArrayList<>();
    for (int i = 0; i < dimensions; i++) {
      sizes.add(take(Long.BYTES).getLong());
    }
    int id = take(Integer.BYTES).getInt();
    TensorType type =
        TensorType.of(Integer.toUnsignedLong(id))
            .orElseThrow(
                () ->
                    refused(
                        "%s is of the unknown type %s"
                            .formatted(what, Integer.toUnsignedString(id))));
    try {
      return new GgufTensor(name, type, sizes);
    } catch (IllegalArgumentException e) {
      throw refused(e.getMessage());
    }
  }

  private Type type(String key) throws IOException {
    int id = take(Integer.BYTES).getInt();
    if (id < 0 || id >= Type.values().length) {
      throw refused(
          "key %s has a value of the unknown type %s"
              .formatted(Printable.quoted(key), Integer.toUnsignedString(id)));
    }
    return Type.values()[id];
  }

  private GgufValue value(String key, Type type, int depth) throws IOException {
    return switch (type) {
      case UINT8 -> new GgufValue.Whole(type, Byte.toUnsignedLong(take(1).get()));
      case INT8 -> new GgufValue.Whole(type, take(1).get());
      case UINT16 -> new GgufValue.Whole(type, Short.toUnsignedLong(take(2).getShort()));
      case INT16 -> new GgufValue.Whole(type, take(2).getShort());
      case UINT32 -> new GgufValue.Whole(type, Integer.toUnsignedLong(take(4).getInt()));
      case INT32 -> new GgufValue.Whole(type, take(4).getInt());
      case UINT64, INT64 -> new GgufValue.Whole(type, take(8).getLong());
      case FLOAT32 -> new GgufValue.Decimal(type, take(4).getFloat());
      case FLOAT64 -> new GgufValue.Decimal(type, take(8).getDouble());
      case BOOL -> new GgufValue.Flag(take(1).get() != 0);
      case STRING ->
          new GgufValue.Text(text("the value of " + Printable.quoted(key), LONGEST_TEXT));
      case ARRAY -> array(key, depth);
    };
  }

  private GgufValue array(String key, int depth) throws IOException {
    if (depth == DEEPEST_ARRAY) {
      throw refused("key %s has arrays in arrays in arrays".formatted(Printable.quoted(key)));
    }
    Type element = type(key);
    int smallest =
        switch (element) {
          case UINT8, INT8, BOOL -> 1;
          case UINT16, INT16 -> 2;
          case UINT32, INT32, FLOAT32 -> 4;
          case UINT64, INT64, FLOAT64, STRING -> 8;
          case ARRAY -> 12;
        };
    long length = count("values of " + Printable.quoted(key), smallest);
    List<GgufValue> values = new ArrayList<>();
    for (long i = 0; i < length; i++) {
      values.add(value(key, element, depth + 1));
    }
    return new GgufValue.Array(element, values);
  }

  /** A number of things that take at least {@code smallest} bytes each. */
  private long count(String what, int smallest) throws IOException {
    long count = take(Long.BYTES).getLong();
    if (count < 0 || count > MOST_VALUES || count > (size - position()) / smallest) {
      throw refused(
          "it says %s %s, too many for a file of %d bytes"
              .formatted(Long.toUnsignedString(count), what, size));
    }
    return count;
  }

  private String text(String what, long longest) throws IOException {
    long length = take(Long.BYTES).getLong();
    if (length < 0 || length > longest || length > size - position()) {
      throw refused("%s is said to have %s bytes".formatted(what, Long.toUnsignedString(length)));
    }
    byte[] bytes = new byte[(int) length];
    for (int at = 0; at < bytes.length; ) {
      int piece = Math.min(bytes.length - at, take(1).remaining());
      window.get(bytes, at, piece);
      at += piece;
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw refused(what + " is not UTF-8 text");
    }
  }

  private long position() {
    return windowEnd - window.remaining();
  }

  /** The window with at least so many bytes in it; what is taken of it counts as read. */
  private ByteBuffer take(int bytes) throws IOException {
    if (window.remaining() < bytes) {
      window.compact();
      while (window.position() < bytes) {
        int read = channel.read(window, windowEnd);
        if (read < 0) {
          throw refused("truncated: it ends in its header");
        }
        windowEnd += read;
      }
      window.flip();
    }
    return window;
  }

  private UserException refused(String what) {
    return new UserException("%s: %s; convert or fetch it again".formatted(file, what));
  }
}
