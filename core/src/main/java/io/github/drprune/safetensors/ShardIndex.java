package io.github.drprune.safetensors;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import io.github.drprune.io.InputFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The {@code model.safetensors.index.json} of a checkpoint in several files: which file has which
 * tensor. File names are plain names within the checkpoint's folder.
 */
record ShardIndex(Map<String, String> fileByTensor) {
  static final String FILE_NAME = "model.safetensors.index.json";

  ShardIndex {
    fileByTensor = Collections.unmodifiableMap(new TreeMap<>(fileByTensor));
  }

  /** Reads the index; its metadata is only informative and passed over. */
  static ShardIndex read(Path file) throws IOException {
    var bytes = ByteBuffer.wrap(InputFiles.bytes(file));
    return StrictJson.read(file, "index", bytes, ShardIndex::parse);
  }

  private static ShardIndex parse(StrictJson json) throws IOException {
    Map<String, String> files = new TreeMap<>();
    json.object(
        "the whole",
        key -> {
          if (key.equals("weight_map")) {
            json.object(key, tensor -> files.put(tensor, plainName(json, tensor)));
          } else {
            json.skip();
          }
        });
    if (files.isEmpty()) {
      throw json.refused("it has no weight_map, or an empty one");
    }
    return new ShardIndex(files);
  }

  private static String plainName(StrictJson json, String tensor) throws IOException {
    String name = json.string("weight_map." + Quoted.of(tensor));
    if (!isPlain(name)) {
      throw json.refused(
          "tensor %s: expected the name of a file in the same folder, found %s"
              .formatted(Quoted.of(tensor), Quoted.of(name)));
    }
    return name;
  }

  /** Whether joining the name to a folder stays directly within that folder. */
  private static boolean isPlain(String name) {
    try {
      return !name.isEmpty()
          && !name.equals(".")
          && !name.equals("..")
          && name.indexOf('\\') < 0
          && Path.of(name).equals(Path.of(name).getFileName());
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /** The shards' names in their order. */
  Set<String> files() {
    return new TreeSet<>(fileByTensor.values());
  }

  /**
   * The index's JSON.
   *
   * @param totalBytes of all tensors
   */
  String json(long totalBytes) {
    var bytes = new ByteArrayOutputStream();
    try (var json = new JsonFactory().createGenerator(bytes).useDefaultPrettyPrinter()) {
      json.writeStartObject();
      json.writeObjectFieldStart("metadata");
      json.writeNumberField("total_size", totalBytes);
      json.writeEndObject();
      json.writeObjectFieldStart("weight_map");
      for (var entry : fileByTensor.entrySet()) {
        json.writeStringField(entry.getKey(), entry.getValue());
      }
      json.writeEndObject();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toString(UTF_8) + "\n";
  }
}
