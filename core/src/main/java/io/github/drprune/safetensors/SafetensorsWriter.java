package io.github.drprune.safetensors;

import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.ByteSize;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes safetensors files tensor by tensor, so that no more than one tensor need be in memory. The
 * headers come from the tensors declared; a source that then hands over other bytes than declared
 * is a failure of the program and leaves nothing behind.
 */
public final class SafetensorsWriter {
  /** What Hugging Face's readers ask of the metadata. */
  private static final Map<String, String> PYTORCH = Map.of("format", "pt");

  // Wide elements first keep every tensor aligned; otherwise the order given stands.
  private static final Comparator<TensorSpec> ALIGNED =
      Comparator.comparingInt((TensorSpec spec) -> spec.dtype().bits()).reversed();

  private SafetensorsWriter() {}

  /** Gives the bytes of each tensor declared, when it is that tensor's turn. */
  @FunctionalInterface
  public interface Source {
    void write(TensorSpec tensor, Sink sink) throws IOException;
  }

  /** Takes the bytes of one tensor: little-endian, row-major, in any number of pieces. */
  @FunctionalInterface
  public interface Sink {
    /** Takes a native segment, or one over a {@code byte[]}, of any length. */
    void write(MemorySegment bytes) throws IOException;
  }

  /**
   * Writes a checkpoint's weights into the existing {@code folder}: {@code model.safetensors} if
   * they fit in {@code shardSize}, otherwise {@code model-00001-of-0000N.safetensors} and so on
   * with their index, which comes last. A tensor larger than that gets a shard of its own. A folder
   * that has weights already is refused.
   */
  public static void writeCheckpoint(
      Path folder, List<TensorSpec> tensors, ByteSize shardSize, Source source) throws IOException {
    for (String taken : List.of(CheckpointReader.FILE_NAME, ShardIndex.FILE_NAME)) {
      if (Files.exists(folder.resolve(taken))) {
        throw new UserException(
            "%s: has weights already (%s); choose another folder".formatted(folder, taken));
      }
    }
    requireDistinct(tensors);
    var shards = shards(tensors, shardSize);
    if (shards.size() == 1) {
      writeFile(folder.resolve(CheckpointReader.FILE_NAME), tensors, PYTORCH, source);
      return;
    }
    List<Path> written = new ArrayList<>();
    Map<String, String> fileByTensor = new HashMap<>();
    try {
      for (int i = 0; i < shards.size(); i++) {
        String name =
            String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, shards.size());
        written.add(folder.resolve(name));
        writeFile(folder.resolve(name), shards.get(i), PYTORCH, source);
        shards.get(i).forEach(tensor -> fileByTensor.put(tensor.name(), name));
      }
      long total = tensors.stream().mapToLong(TensorSpec::byteSize).sum();
      AtomicFiles.text(
          folder.resolve(ShardIndex.FILE_NAME), new ShardIndex(fileByTensor).json(total));
    } catch (IOException | RuntimeException e) {
      for (Path shard : written) {
        Files.deleteIfExists(shard);
      }
      throw e;
    }
  }

  /** Writes one file of tensors of any dtype, which appears when it is whole. */
  public static void writeFile(
      Path file, List<TensorSpec> tensors, Map<String, String> metadata, Source source)
      throws IOException {
    var header = SafetensorsHeader.of(tensors.stream().sorted(ALIGNED).toList(), metadata);
    AtomicFiles.file(
        file,
        partial -> {
          try (var channel =
              FileChannel.open(
                  partial,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.TRUNCATE_EXISTING,
                  StandardOpenOption.WRITE)) {
            var encoded = header.encoded();
            while (encoded.hasRemaining()) {
              channel.write(encoded);
            }
            for (var tensor : header.tensors().values()) {
              var sink = new TensorSink(channel, tensor.spec());
              source.write(tensor.spec(), sink);
              sink.requireFull();
            }
          }
        });
  }

  private static void requireDistinct(List<TensorSpec> tensors) {
    var names = new HashSet<String>();
    for (var tensor : tensors) {
      if (!names.add(tensor.name())) {
        throw new IllegalArgumentException("two tensors named " + Quoted.of(tensor.name()));
      }
    }
  }

  /** Cuts the list where the next tensor would carry a shard beyond its size. */
  private static List<List<TensorSpec>> shards(List<TensorSpec> tensors, ByteSize shardSize) {
    List<List<TensorSpec>> shards = new ArrayList<>();
    List<TensorSpec> shard = new ArrayList<>();
    long room = shardSize.bytes();
    for (var tensor : tensors) {
      if (!shard.isEmpty() && tensor.byteSize() > room) {
        shards.add(shard);
        shard = new ArrayList<>();
        room = shardSize.bytes();
      }
      shard.add(tensor);
      room -= tensor.byteSize();
    }
    shards.add(shard);
    return shards;
  }

  /** Appends one tensor's bytes to a channel and holds them against the declaration. */
  private static final class TensorSink implements Sink {
    private static final long PIECE = 64 << 20; // a ByteBuffer ends at 2 GiB

    private final FileChannel channel;
    private final TensorSpec tensor;
    private long missing;

    TensorSink(FileChannel channel, TensorSpec tensor) {
      this.channel = channel;
      this.tensor = tensor;
      this.missing = tensor.byteSize();
    }

    @Override
    public void write(MemorySegment bytes) throws IOException {
      if (bytes.byteSize() > missing) {
        throw new IllegalStateException(
            "tensor %s was declared as %d bytes, its source gave more"
                .formatted(Quoted.of(tensor.name()), tensor.byteSize()));
      }
      for (long at = 0; at < bytes.byteSize(); at += PIECE) {
        var piece = bytes.asSlice(at, Math.min(PIECE, bytes.byteSize() - at)).asByteBuffer();
        while (piece.hasRemaining()) {
          channel.write(piece);
        }
      }
      missing -= bytes.byteSize();
    }

    void requireFull() {
      if (missing != 0) {
        throw new IllegalStateException(
            "tensor %s was declared as %d bytes, its source gave %d less"
                .formatted(Quoted.of(tensor.name()), tensor.byteSize(), missing));
      }
    }
  }
}
