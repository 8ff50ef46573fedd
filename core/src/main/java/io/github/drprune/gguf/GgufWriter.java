package io.github.drprune.gguf;

import io.github.drprune.io.AtomicFiles;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes GGUF files tensor by tensor, so that no more than a piece of one need be in memory. A
 * source that hands over other bytes than the header declares is a failure of the program and
 * leaves nothing behind.
 */
public final class GgufWriter {
  private static final int BUFFER = 1 << 20;

  private final CountingStream out;

  private GgufWriter(CountingStream out) {
    this.out = out;
  }

  /** Gives the bytes of each tensor of the header, when it is that tensor's turn. */
  @FunctionalInterface
  public interface Source {
    void write(GgufTensor tensor, OutputStream out) throws IOException;
  }

  /** Writes {@code file}, which appears when it is whole. */
  public static void write(Path file, GgufHeader header, Source source) throws IOException {
    AtomicFiles.file(
        file,
        partial -> {
          try (var out =
              new CountingStream(
                  new BufferedOutputStream(Files.newOutputStream(partial), BUFFER))) {
            new GgufWriter(out).write(header, source);
          }
        });
  }

  private void write(GgufHeader header, Source source) throws IOException {
    whole(GgufHeader.MAGIC, Integer.BYTES);
    whole(GgufHeader.VERSION, Integer.BYTES);
    whole(header.tensors().size(), Long.BYTES);
    whole(header.metadata().size(), Long.BYTES);
    for (var entry : header.metadata().entrySet()) {
      text(entry.getKey());
      whole(entry.getValue().type().ordinal(), Integer.BYTES);
      value(entry.getValue());
    }
    long offset = 0;
    for (GgufTensor tensor : header.tensors()) {
      text(tensor.name());
      whole(tensor.sizes().size(), Integer.BYTES);
      for (long size : tensor.sizes()) {
        whole(size, Long.BYTES);
      }
      whole(tensor.type().id(), Integer.BYTES);
      whole(offset, Long.BYTES);
      offset += header.padded(tensor.byteSize());
    }
    pad(header);
    for (GgufTensor tensor : header.tensors()) {
      long before = out.count;
      source.write(tensor, out);
      if (out.count - before != tensor.byteSize()) {
        throw new IllegalStateException(
            "tensor '%s' was declared as %d bytes, its source gave %d"
                .formatted(tensor.name(), tensor.byteSize(), out.count - before));
      }
      pad(header);
    }
  }

  private void pad(GgufHeader header) throws IOException {
    out.write(new byte[(int) (header.padded(out.count) - out.count)]);
  }

  private void value(GgufValue value) throws IOException {
    switch (value) {
      case GgufValue.Whole(var type, var number) -> whole(number, bytes(type));
      case GgufValue.Decimal(var type, var number) -> {
        switch (type) {
          case FLOAT32 -> whole(Float.floatToRawIntBits((float) number), Float.BYTES);
          default -> whole(Double.doubleToRawLongBits(number), Double.BYTES);
        }
      }
      case GgufValue.Flag(var flag) -> out.write(flag ? 1 : 0);
      case GgufValue.Text(var text) -> text(text);
      case GgufValue.Array(var element, var values) -> {
        whole(element.ordinal(), Integer.BYTES);
        whole(values.size(), Long.BYTES);
        for (GgufValue each : values) {
          value(each);
        }
      }
    }
  }

  private static int bytes(GgufValue.Type type) {
    return switch (type) {
      case UINT8, INT8 -> 1;
      case UINT16, INT16 -> 2;
      case UINT32, INT32 -> 4;
      case UINT64, INT64 -> 8;
      case FLOAT32, FLOAT64, BOOL, STRING, ARRAY ->
          throw new IllegalArgumentException(type + " is no whole number");
    };
  }

  private void text(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    whole(bytes.length, Long.BYTES);
    out.write(bytes);
  }

  /** The lowest {@code bytes} bytes of a number, the lowest first. */
  private void whole(long number, int bytes) throws IOException {
    byte[] all =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array();
    out.write(all, 0, bytes);
  }

  private static final class CountingStream extends OutputStream {
    private final OutputStream target;
    private long count;

    CountingStream(OutputStream target) {
      this.target = target;
    }

    @Override
    public void write(int value) throws IOException {
      target.write(value);
      count++;
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      target.write(bytes, from, length);
      count += length;
    }

    @Override
    public void close() throws IOException {
      target.close();
    }
  }
}
