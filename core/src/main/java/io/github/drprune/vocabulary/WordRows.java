package io.github.drprune.vocabulary;

import io.github.drprune.io.ByteSize;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.safetensors.CheckpointReader;
import io.github.drprune.safetensors.SafetensorsWriter;
import io.github.drprune.safetensors.TensorSpec;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes a checkpoint's weights with other rows in the tensors that have one for each token:
 * embedding and head. The other tensors stay as they are.
 */
interface WordRows {
  ByteSize SHARD_SIZE = ByteSize.parse("5GB");

  /**
   * Writes the rows of one tensor.
   *
   * @param before its old rows, one after the other
   */
  void write(TensorSpec tensor, MemorySegment before, SafetensorsWriter.Sink sink)
      throws IOException;

  /**
   * Writes all weights.
   *
   * @param count of rows that these tensors will have
   */
  default void write(Path folder, ModelSpec spec, CheckpointReader weights, int count)
      throws IOException {
    List<TensorSpec> tensors =
        spec.tensors().values().stream()
            .map(
                tensor -> {
                  long[] sizes = tensor.sizes().clone();
                  if (tensor.role().countsWords()) {
                    sizes[0] = count;
                  }
                  var dtype = weights.tensors().get(tensor.name()).dtype();
                  return TensorSpec.of(tensor.name(), dtype, sizes);
                })
            .toList();
    SafetensorsWriter.writeCheckpoint(
        folder,
        tensors,
        SHARD_SIZE,
        (tensor, sink) -> {
          MemorySegment before = weights.segment(tensor.name());
          if (spec.tensors().get(tensor.name()).role().countsWords()) {
            write(tensor, before, sink);
          } else {
            sink.write(before);
          }
        });
  }
}
