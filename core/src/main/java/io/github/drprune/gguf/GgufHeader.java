package io.github.drprune.gguf;

import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
import io.github.drprune.io.InputFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;

/**
 * What a GGUF file says before its tensors' bytes: version 3 of the format, little-endian (ggml's
 * {@code docs/gguf.md}).
 *
 * @param metadata by key, in the file's order
 * @param tensors in the order of their bytes, each at a multiple of the alignment
 */
public record GgufHeader(SequencedMap<String, GgufValue> metadata, List<GgufTensor> tensors) {
  /** "GGUF" as a little-endian number. */
  static final int MAGIC = 0x46554747;

  static final int VERSION = 3;

  /** The key of the alignment; where it is not given, the alignment is 32 bytes. */
  static final String ALIGNMENT = "general.alignment";

  private static final int DEFAULT_ALIGNMENT = 32;
  private static final int LARGEST_ALIGNMENT = 1 << 20;

  public GgufHeader {
    metadata = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(metadata));
    tensors = List.copyOf(tensors);
    Set<String> names = new HashSet<>();
    for (GgufTensor tensor : tensors) {
      if (!names.add(tensor.name())) {
        throw new IllegalArgumentException("two tensors named " + Printable.quoted(tensor.name()));
      }
    }
    if (metadata.containsKey(ALIGNMENT) && !isAlignment(metadata.get(ALIGNMENT))) {
      throw new IllegalArgumentException(
          "%s is %s, not a power of two up to %d"
              .formatted(
                  ALIGNMENT,
                  Printable.quoted(metadata.get(ALIGNMENT).toString()),
                  LARGEST_ALIGNMENT));
    }
  }

  private static boolean isAlignment(GgufValue value) {
    return value instanceof GgufValue.Whole(var type, var bytes)
        && type == GgufValue.Type.UINT32
        && bytes >= 1
        && bytes <= LARGEST_ALIGNMENT
        && Long.bitCount(bytes) == 1;
  }

  /**
   * Reads and checks the header of {@code file}. Nothing is allocated beyond what the file has
   * bytes for.
   *
   * @throws UserException saying what does not hold
   */
  public static GgufHeader read(Path file) throws IOException {
    InputFiles.requireFile(file, "name a GGUF file");
    InputFiles.refuseLfsPointer(file);
    try (var channel = FileChannel.open(file)) {
      return new HeaderReader(file, channel).read();
    }
  }

  /** Whether {@code file} begins as a GGUF file does. */
  public static boolean isIn(Path file) throws IOException {
    try (var stream = Files.newInputStream(file)) {
      return Arrays.equals(stream.readNBytes(Integer.BYTES), new byte[] {'G', 'G', 'U', 'F'});
    }
  }

  /** Where tensors begin: at multiples of so many bytes, counted from the end of the header. */
  public int alignment() {
    return metadata.get(ALIGNMENT) instanceof GgufValue.Whole alignment
        ? (int) alignment.value()
        : DEFAULT_ALIGNMENT;
  }

  /** So many bytes and what fills them up to the alignment. */
  long padded(long bytes) {
    return Math.addExact(bytes, alignment() - 1L) & -alignment();
  }

  /** Bytes of all tensors with the padding between them and after the last. */
  public long dataLength() {
    return tensors.stream()
        .mapToLong(tensor -> padded(tensor.byteSize()))
        .reduce(0, Math::addExact);
  }

  /** Numbers in all tensors. */
  public long parameters() {
    return tensors.stream().mapToLong(GgufTensor::elements).sum();
  }
}
