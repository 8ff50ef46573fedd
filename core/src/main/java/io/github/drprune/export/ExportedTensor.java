package io.github.drprune.export;

import io.github.drprune.error.UserException;
import io.github.drprune.gguf.GgufTensor;
import io.github.drprune.gguf.TensorType;
import io.github.drprune.safetensors.CheckpointReader;
import io.github.drprune.safetensors.Dtype;
import io.github.drprune.safetensors.WeightValues;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.LongStream;

/**
 * A tensor of the file to write and where its numbers come from.
 *
 * @param declared as the file's header has it
 */
record ExportedTensor(GgufTensor declared, Contents contents) {
  /** Numbers of a tensor. */
  sealed interface Contents {}

  /**
   * Those of a checkpoint's tensor, its rows in another order, each number as {@code factor * x +
   * shift}.
   */
  record Stored(String name, RowOrder order, double factor, double shift) implements Contents {}

  /** Numbers that follow from the configuration. */
  record Given(float[] values) implements Contents {}

  /** The row of the checkpoint's tensor that becomes a row of the file's. */
  @FunctionalInterface
  interface RowOrder {
    RowOrder SAME = row -> row;

    long source(long row);

    /** Of each head, the dimensions that turn together side by side. */
    static RowOrder neighbours(int headDim, int turning) {
      return row -> {
        long place = row % headDim;
        return place < turning ? row - place + place % 2 * (turning / 2) + place / 2 : row;
      };
    }

    /** All queries, then all keys, then all values, of rows that go head by head. */
    static RowOrder byPart(int heads, int headDim) {
      long part = (long) heads * headDim;
      return row -> {
        long head = row % part / headDim;
        return (3 * head + row / part) * headDim + row % headDim;
      };
    }
  }

  static ExportedTensor given(String name, float[] values) {
    return new ExportedTensor(
        new GgufTensor(name, TensorType.F32, List.of((long) values.length)), new Given(values));
  }

  /** A checkpoint's tensor of these sizes, outermost first. */
  static ExportedTensor stored(String name, TensorType type, long[] sizes, Stored contents) {
    List<Long> innermostFirst = LongStream.of(sizes).boxed().toList().reversed();
    return new ExportedTensor(new GgufTensor(name, type, innermostFirst), contents);
  }

  /**
   * Writes the tensor's bytes.
   *
   * @throws UserException when a number is too large for the type
   */
  void write(CheckpointReader reader, OutputStream out) throws IOException {
    switch (contents) {
      case Given(var values) -> write(values, out);
      case Stored stored -> write(stored, reader, out);
    }
  }

  private void write(Stored stored, CheckpointReader reader, OutputStream out) throws IOException {
    Dtype dtype = reader.tensors().get(stored.name()).dtype();
    MemorySegment bytes = reader.segment(stored.name());
    // A vector's entries are the rows that an order speaks of.
    int width = declared.sizes().size() == 1 ? 1 : Math.toIntExact(declared.sizes().getFirst());
    int rows = Math.toIntExact(declared.elements() / width);
    int height = width == 1 ? rows : 1;
    float[] values = new float[width * height];
    for (int row = 0; row < rows; row += height) {
      for (int i = 0; i < height; i++) {
        WeightValues.read(
            bytes, dtype, stored.order().source(row + i) * width, values, i * width, width);
      }
      if (stored.factor() != 1 || stored.shift() != 0) {
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) (stored.factor() * values[i] + stored.shift());
        }
      }
      write(values, out);
    }
  }

  private void write(float[] values, OutputStream out) throws IOException {
    if (!NumberEncoding.of(declared.type()).write(values, out)) {
      throw new UserException(
          "%s: has numbers too large for %s; export bf16 or f32"
              .formatted(declared.name(), declared.type()));
    }
  }
}
