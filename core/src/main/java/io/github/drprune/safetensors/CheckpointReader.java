package io.github.drprune.safetensors;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The weights in a Hugging Face checkpoint's folder: {@code model.safetensors}, or the shards that
 * {@code model.safetensors.index.json} names. All files are checked and mapped when it is opened
 * and unmapped when it is closed; see {@link SafetensorsFile} for what that asks of the caller.
 */
public final class CheckpointReader implements AutoCloseable {
  static final String FILE_NAME = "model.safetensors";

  private final Path folder;
  private final List<SafetensorsFile> files;
  private final Map<String, SafetensorsFile> fileByTensor = new LinkedHashMap<>();
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

  private CheckpointReader(Path folder, List<SafetensorsFile> files) {
    this.folder = folder;
    this.files = files;
    for (var file : files) {
      tensors.putAll(file.tensors());
      file.tensors().keySet().forEach(name -> fileByTensor.put(name, file));
    }
  }

  /**
   * Opens the weights in {@code folder}; a {@link UserException} says what is missing or not valid.
   */
  public static CheckpointReader open(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new UserException(folder + ": no such folder; give the folder of a checkpoint");
    }
    List<SafetensorsFile> files = new ArrayList<>();
    try {
      Path single = folder.resolve(FILE_NAME);
      Path index = folder.resolve(ShardIndex.FILE_NAME);
      if (Files.exists(single)) {
        files.add(SafetensorsFile.open(single));
      } else if (Files.exists(index)) {
        openShards(index, ShardIndex.read(index), files);
      } else {
        throw new UserException(
            "%s: no weights: neither %s nor %s%s"
                .formatted(folder, FILE_NAME, ShardIndex.FILE_NAME, hint(folder)));
      }
      return new CheckpointReader(folder, files);
    } catch (IOException | RuntimeException e) {
      files.forEach(SafetensorsFile::close);
      throw e;
    }
  }

  private static String hint(Path folder) {
    boolean pickled =
        Files.exists(folder.resolve("pytorch_model.bin"))
            || Files.exists(folder.resolve("pytorch_model.bin.index.json"));
    return pickled
        ? "; pickled weights (pytorch_model.bin) are not read: save the model as safetensors"
        : " is in the folder";
  }

  /** Opens the shards into {@code files} and holds them against the index. */
  private static void openShards(Path index, ShardIndex shards, List<SafetensorsFile> files)
      throws IOException {
    Map<String, String> expected = shards.fileByTensor();
    for (String name : shards.files()) {
      Path path = index.resolveSibling(name);
      if (!Files.isRegularFile(path)) {
        throw new UserException(
            "%s: names the shard %s, which is not in the folder; download it"
                .formatted(index, Quoted.of(name)));
      }
      var file = SafetensorsFile.open(path);
      files.add(file);
      for (String tensor : file.tensors().keySet()) {
        if (!name.equals(expected.get(tensor))) {
          throw new UserException(
              "%s: tensor %s is in %s, but the index %s"
                  .formatted(
                      index,
                      Quoted.of(tensor),
                      Quoted.of(name),
                      expected.containsKey(tensor)
                          ? "has it in " + Quoted.of(expected.get(tensor))
                          : "does not have it"));
        }
      }
    }
    var present = new HashSet<String>();
    files.forEach(file -> present.addAll(file.tensors().keySet()));
    for (var entry : expected.entrySet()) {
      if (!present.contains(entry.getKey())) {
        throw new UserException(
            "%s: expected tensor %s in %s, which does not have it"
                .formatted(index, Quoted.of(entry.getKey()), Quoted.of(entry.getValue())));
      }
    }
  }

  /** All tensors by name, file after file, in the order of their bytes. */
  public Map<String, TensorInfo> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  /** The file that has the tensor. */
  public Path fileOf(String name) {
    return holder(name).path();
  }

  /**
   * The tensor {@code name}, which must be there with this shape and a dtype that weights may have;
   * otherwise a {@link UserException} says what was expected and what found.
   */
  public TensorInfo require(String name, long... shape) {
    var expected = LongStream.of(shape).boxed().toList();
    var tensor = tensors.get(name);
    if (tensor == null) {
      throw new UserException(
          "%s: expected tensor %s of shape %s, found none of that name"
              .formatted(folder, Quoted.of(name), expected));
    }
    if (!tensor.dtype().isWeight()) {
      throw new UserException(
          "%s: dtype %s of tensor %s is not supported; expected F32, BF16 or F16"
              .formatted(fileOf(name), tensor.dtype(), Quoted.of(name)));
    }
    if (!tensor.shape().equals(expected)) {
      throw new UserException(
          "%s: tensor %s: expected shape %s, found %s"
              .formatted(fileOf(name), Quoted.of(name), expected, tensor.shape()));
    }
    return tensor;
  }

  /**
   * Reads the tensors {@code names}, which {@link #require} has let pass; a {@link UserException}
   * names the first that has a value that is NaN or infinite.
   */
  public void requireFinite(Collection<String> names) {
    var checked = List.copyOf(names);
    long[] counts =
        checked.parallelStream()
            .mapToLong(name -> NotFinite.count(tensors.get(name).dtype(), segment(name)))
            .toArray();
    int[] bad = IntStream.range(0, counts.length).filter(i -> counts[i] > 0).toArray();
    if (bad.length > 0) {
      String name = checked.get(bad[0]);
      throw new UserException(
          "%s: tensor %s: %d of its %d values are NaN or infinite%s; the file is damaged or its training diverged: use another copy or an earlier checkpoint"
              .formatted(
                  fileOf(name),
                  Quoted.of(name),
                  counts[bad[0]],
                  tensors.get(name).spec().elements(),
                  bad.length == 1 ? "" : ", as have %d more tensors".formatted(bad.length - 1)));
    }
  }

  /** The bytes of a tensor; see {@link SafetensorsFile#segment}. */
  public MemorySegment segment(String name) {
    return holder(name).segment(name);
  }

  private SafetensorsFile holder(String name) {
    var file = fileByTensor.get(name);
    if (file == null) {
      throw new IllegalArgumentException("%s has no tensor %s".formatted(folder, Quoted.of(name)));
    }
    return file;
  }

  @Override
  public void close() {
    files.forEach(SafetensorsFile::close);
  }
}
