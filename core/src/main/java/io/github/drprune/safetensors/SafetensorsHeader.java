package io.github.drprune.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import io.github.drprune.error.UserException;
import io.github.drprune.io.InputFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file: 8 bytes of length (little-endian), then that many bytes of JSON
 * naming each tensor's dtype, shape and byte range; the tensors' bytes follow without gaps.
 *
 * @param tensors by name, in the order of their bytes
 * @param metadata free text by key; {@code {"format": "pt"}} in checkpoints of Hugging Face
 * @param dataStart the file's byte at which the tensors' bytes begin
 */
public record SafetensorsHeader(
    Map<String, TensorInfo> tensors, Map<String, String> metadata, long dataStart) {
  /** Bytes of JSON that the format allows. */
  static final long MAX_LENGTH = 100_000_000;

  static final String METADATA = "__metadata__";

  private static final String AGAIN = "download or write it again";
  private static final int ALIGNMENT = 8;
  private static final JsonFactory WRITING = new JsonFactory();

  public SafetensorsHeader {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    long position = 0;
    for (var tensor : tensors.values()) {
      if (tensor.begin() != position) {
        throw new IllegalArgumentException(
            "tensor %s: its bytes begin at %d, %s; expected %d, where those before it end"
                .formatted(
                    Quoted.of(tensor.name()),
                    tensor.begin(),
                    tensor.begin() < position ? "inside another tensor's" : "behind a hole",
                    position));
      }
      position = tensor.end();
    }
  }

  /** Lays tensors out one after another in the order given, behind a header of aligned length. */
  static SafetensorsHeader of(List<TensorSpec> specs, Map<String, String> metadata) {
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    long position = 0;
    for (var spec : specs) {
      var info = new TensorInfo(spec, position);
      if (spec.name().equals(METADATA) || tensors.put(spec.name(), info) != null) {
        throw new IllegalArgumentException(
            "tensor name %s is reserved or used twice".formatted(Quoted.of(spec.name())));
      }
      position = info.end();
    }
    return new SafetensorsHeader(
        tensors, metadata, Long.BYTES + paddedJson(tensors.values(), metadata).length);
  }

  /**
   * Reads and checks the header of {@code file}; a {@link UserException} says what does not hold.
   * Nothing is allocated beyond the bytes that the file really has.
   */
  static SafetensorsHeader read(Path file, FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < Long.BYTES) {
      throw new UserException(
          "%s: not a safetensors file: it has %d bytes; %s".formatted(file, size, AGAIN));
    }
    var prefix = read(channel, 0, Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    long length = prefix.getLong(0);
    if (length < 0 || length > MAX_LENGTH || length > size - Long.BYTES) {
      if (InputFiles.isLfsPointer(read(channel, 0, (int) Math.min(size, 64)).array())) {
        throw InputFiles.lfsPointer(file);
      }
      throw new UserException(
          "%s: not a safetensors file: header length %s, but the file has %d bytes and at most %d are allowed; %s"
              .formatted(file, Long.toUnsignedString(length), size, MAX_LENGTH, AGAIN));
    }
    var json = read(channel, Long.BYTES, (int) length);
    if (length == 0 || json.get(0) != '{') {
      throw new UserException(
          "%s: not a safetensors file: its header does not begin with '{'; %s"
              .formatted(file, AGAIN));
    }
    var header =
        StrictJson.read(
            file, "header", json, parser -> HeaderParser.parse(parser, Long.BYTES + length));
    long found = size - header.dataStart();
    if (found != header.dataLength()) {
      throw new UserException(
          "%s: %s: its header describes %d bytes of tensors, the file has %d; %s"
              .formatted(
                  file,
                  found < header.dataLength() ? "truncated" : "surplus bytes at the end",
                  header.dataLength(),
                  found,
                  AGAIN));
    }
    return header;
  }

  private static ByteBuffer read(FileChannel channel, long position, int length)
      throws IOException {
    var bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        throw new IOException("the file became shorter while it was read");
      }
    }
    return bytes.flip();
  }

  /** Bytes of all tensors together. */
  public long dataLength() {
    return tensors.values().stream().mapToLong(TensorInfo::byteSize).sum();
  }

  /** The header as a file has it: length and padded JSON. */
  ByteBuffer encoded() {
    byte[] json = paddedJson(tensors.values(), metadata);
    return ByteBuffer.allocate(Long.BYTES + json.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .flip();
  }

  private static byte[] paddedJson(Collection<TensorInfo> tensors, Map<String, String> metadata) {
    var bytes = new ByteArrayOutputStream();
    try (var json = WRITING.createGenerator(bytes)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart(METADATA);
        for (var entry : metadata.entrySet()) {
          json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
      }
      for (var tensor : tensors) {
        json.writeObjectFieldStart(tensor.name());
        json.writeStringField("dtype", tensor.dtype().name());
        json.writeFieldName("shape");
        json.writeArray(longs(tensor.shape()), 0, tensor.shape().size());
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {tensor.begin(), tensor.end()}, 0, 2);
        json.writeEndObject();
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    while (bytes.size() % ALIGNMENT != 0) {
      bytes.write(' ');
    }
    if (bytes.size() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "a header of %d bytes; the format allows %d".formatted(bytes.size(), MAX_LENGTH));
    }
    return bytes.toByteArray();
  }

  private static long[] longs(List<Long> shape) {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }
}
