package io.github.drprune.gguf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * What is to be known of a GGUF file before it is used.
 *
 * @param metadata every key and its value; of long lists their length
 * @param tensorsByType how many tensors have each type
 * @param bytes of the file
 */
public record GgufSummary(
    SequencedMap<String, String> metadata,
    Map<String, Long> tensorsByType,
    long parameters,
    long bytes) {
  private static final int LONGEST_LIST = 8;

  /** Reads and checks the header of {@code file}. */
  public static GgufSummary of(Path file) throws IOException {
    GgufHeader header = GgufHeader.read(file);
    SequencedMap<String, String> metadata = new LinkedHashMap<>();
    header.metadata().forEach((key, value) -> metadata.put(key, shown(value)));
    Map<String, Long> types = new TreeMap<>();
    header.tensors().forEach(tensor -> types.merge(tensor.type().name(), 1L, Long::sum));
    return new GgufSummary(metadata, types, header.parameters(), Files.size(file));
  }

  private static String shown(GgufValue value) {
    return value instanceof GgufValue.Array(var type, var values) && values.size() > LONGEST_LIST
        ? "%d values of type %s".formatted(values.size(), type)
        : value.toString();
  }
}
