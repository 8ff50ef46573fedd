package io.github.drprune.model;

import io.github.drprune.error.UserException;
import io.github.drprune.safetensors.CheckpointReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SequencedMap;

/** Holds a checkpoint's tensors against its configuration, before memory is taken for them. */
public final class CheckpointCheck {
  private CheckpointCheck() {}

  /**
   * Checks the checkpoint in {@code folder} without loading it.
   *
   * @throws UserException naming the file, the tensor, what was expected and what found
   */
  public static ModelSpec of(Path folder) throws IOException {
    ModelSpec spec = ConfigReader.read(folder);
    try (var reader = CheckpointReader.open(folder)) {
      return of(folder, spec, reader);
    }
  }

  /** As {@link #of(Path)}, of what the configuration says and with the weights open. */
  public static ModelSpec of(Path folder, ModelSpec configured, CheckpointReader reader) {
    ModelSpec spec = shapes(folder, configured, reader);
    reader.requireFinite(spec.tensors().keySet());
    return spec;
  }

  /**
   * As {@link #of(Path, ModelSpec, CheckpointReader)} without a look at the values, for a
   * checkpoint that has been checked. A head in the file that differs from the token embedding
   * counts, though the configuration says that they are one: as transformers reads it.
   */
  public static ModelSpec shapes(Path folder, ModelSpec configured, CheckpointReader reader) {
    ModelSpec spec = configured;
    if (spec.layers() > reader.tensors().size()) {
      throw new UserException(
          "%s: config.json says %,d layers, but the weights have %,d tensors in all"
              .formatted(folder, spec.layers(), reader.tensors().size()));
    }
    TensorShape head = spec.weight(TensorRole.HEAD, -1);
    if (spec.tiedEmbeddings() && reader.tensors().containsKey(head.name())) {
      TensorShape embedding = spec.weight(TensorRole.EMBEDDING, -1);
      reader.require(head.name(), head.sizes());
      reader.require(embedding.name(), embedding.sizes());
      if (reader.segment(head.name()).mismatch(reader.segment(embedding.name())) >= 0) {
        spec = spec.untied();
      }
    }
    require(folder, spec, reader);
    return spec;
  }

  /**
   * What is odd about a checkpoint and was decided in reading it.
   *
   * @param configured what the configuration alone says
   * @param spec what {@link #of} made of it
   */
  public static Optional<String> warning(Path folder, ModelSpec configured, ModelSpec spec) {
    return configured.tiedEmbeddings() && !spec.tiedEmbeddings()
        ? Optional.of(
            "%s: config.json ties head and token embedding, but '%s' differs from it; the head in the file is used, as transformers does"
                .formatted(folder, spec.weight(TensorRole.HEAD, -1).name()))
        : Optional.empty();
  }

  private static void require(Path folder, ModelSpec spec, CheckpointReader reader) {
    SequencedMap<String, TensorShape> expected = spec.tensors();
    for (TensorShape shape : expected.values()) {
      reader.require(shape.name(), shape.sizes());
    }
    String head = spec.weight(TensorRole.HEAD, -1).name();
    for (String name : reader.tensors().keySet()) {
      boolean tiedHead = spec.tiedEmbeddings() && name.equals(head);
      if (!expected.containsKey(name) && !spec.family().isBuffer(name) && !tiedHead) {
        throw new UserException(
            "%s: tensor '%s' is not part of a %s model of this configuration"
                .formatted(folder, name, spec.family().modelType()));
      }
    }
  }
}
