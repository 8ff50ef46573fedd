package io.github.drprune.model;

import io.github.drprune.error.UserException;
import io.github.drprune.safetensors.CheckpointReader;
import java.io.IOException;
import java.nio.file.Path;
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
      require(folder, spec, reader);
    }
    return spec;
  }

  /**
   * Refuses tensors that are missing, of another shape, or unknown.
   *
   * @throws UserException as {@link #of} does
   */
  public static void require(Path folder, ModelSpec spec, CheckpointReader reader) {
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
