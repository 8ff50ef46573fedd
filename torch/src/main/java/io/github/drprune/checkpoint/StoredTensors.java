package io.github.drprune.checkpoint;

import io.github.drprune.checkpoint.CheckpointManifest.FileCheck;
import io.github.drprune.distributed.GlobalTensor;
import io.github.drprune.distributed.GlobalTensor.Piece;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.safetensors.SafetensorsWriter;
import io.github.drprune.safetensors.TensorSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * What a process writes of a group of tensors: a safetensors file of the pieces that it holds, see
 * {@link StoredPiece}. A process by itself writes {@code GROUP.safetensors}; several write {@code
 * GROUP-00001-of-00004.safetensors} and so on, where they have anything to write.
 */
final class StoredTensors {
  /** What follows the group in a file's name. */
  static final String SUFFIX = "(-\\d{5}-of-\\d{5})?\\.safetensors";

  private final String group;
  private final ProcessGroup processes;
  private final SequencedMap<TensorSpec, Piece> pieces = new LinkedHashMap<>();
  private Optional<FileCheck> written = Optional.empty();

  StoredTensors(String group, SequencedMap<String, GlobalTensor> tensors, ProcessGroup processes) {
    this.group = group;
    this.processes = processes;
    tensors.forEach(
        (name, tensor) -> {
          if (processes.isFirst() || !tensor.isEverywhere()) {
            tensor.stored().ifPresent(piece -> add(name, tensor.shape(), piece));
          }
        });
  }

  private void add(String name, long[] shape, Piece piece) {
    pieces.put(StoredPiece.of(name, shape, piece.from(), piece.length()).spec(), piece);
  }

  /** Writes the file into {@code folder}. */
  void write(Path folder) throws IOException {
    if (pieces.isEmpty()) {
      return;
    }
    Path file = folder.resolve(fileOf(processes.rank()));
    SafetensorsWriter.writeFile(
        file,
        List.copyOf(pieces.keySet()),
        Map.of(),
        (spec, sink) -> {
          try (var _ = NativeScope.open();
              var _ = NoGrad.open()) {
            sink.write(Tensors.memory(pieces.get(spec).values().get().cpu().contiguous()));
          }
        });
    written = Optional.of(FileCheck.of(file));
  }

  /** The files that all processes wrote, by name; to be called by each. */
  Map<String, FileCheck> allWritten() {
    long[] told = processes.gathered(written.map(FileCheck::numbers).orElse(FileCheck.NO_FILE));
    Map<String, FileCheck> files = new LinkedHashMap<>();
    for (int process = 0; process < processes.size(); process++) {
      String file = fileOf(process);
      FileCheck.told(told, process).ifPresent(check -> files.put(file, check));
    }
    return files;
  }

  private String fileOf(int process) {
    return processes.isShared()
        ? String.format(
            Locale.ROOT, "%s-%05d-of-%05d.safetensors", group, process + 1, processes.size())
        : group + ".safetensors";
  }
}
