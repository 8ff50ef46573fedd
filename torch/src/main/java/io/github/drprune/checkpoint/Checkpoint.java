package io.github.drprune.checkpoint;

import io.github.drprune.distributed.GlobalTensor;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.safetensors.Dtype;
import io.github.drprune.safetensors.SafetensorsFile;
import io.github.drprune.safetensors.TensorSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A complete checkpoint on the disk.
 *
 * @param step optimizer steps done
 */
public record Checkpoint(long step, Path folder) {
  static final String STATE = "state.json";
  static final String LOG = "metrics.jsonl";

  /** The run's log as it was, so that no damage to the log outlives a resume. */
  public Path log() {
    return folder.resolve(LOG);
  }

  /** The part of the state that is not tensors. */
  public <T extends Record> T state(Class<T> type) throws IOException {
    return Json.read(folder.resolve(STATE), type);
  }

  /**
   * Writes the checkpoint's values into {@code tensors}.
   *
   * @throws UserException when the file does not hold just these tensors
   */
  public void restore(String name, SequencedMap<String, GlobalTensor> tensors) throws IOException {
    Path path = folder.resolve(fileName(name));
    try (var file = SafetensorsFile.open(path)) {
      Map<String, TensorSpec> found = new LinkedHashMap<>();
      file.tensors().forEach((key, info) -> found.put(key, info.spec()));
      Map<String, TensorSpec> expected = specs(tensors);
      if (!found.equals(expected)) {
        throw new UserException(
            "%s: holds other tensors than this run's; the run was begun with another model or configuration"
                .formatted(path));
      }
      for (var entry : tensors.entrySet()) {
        try (var _ = NativeScope.open()) {
          GlobalTensor tensor = entry.getValue();
          tensor.restore(
              Tensors.over(file.segment(entry.getKey()), ScalarType.Float, tensor.shape()));
        }
      }
    }
  }

  static String fileName(String name) {
    return name + ".safetensors";
  }

  static SequencedMap<String, TensorSpec> specs(SequencedMap<String, GlobalTensor> tensors) {
    SequencedMap<String, TensorSpec> specs = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> specs.put(name, TensorSpec.of(name, Dtype.F32, tensor.shape())));
    return specs;
  }
}
