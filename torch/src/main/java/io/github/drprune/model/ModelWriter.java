package io.github.drprune.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.ByteSize;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.Dtypes;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.nn.Weight;
import io.github.drprune.safetensors.Dtype;
import io.github.drprune.safetensors.NotFinite;
import io.github.drprune.safetensors.SafetensorsWriter;
import io.github.drprune.safetensors.SafetensorsWriter.Sink;
import io.github.drprune.safetensors.TensorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** Writes a model as a Hugging Face checkpoint, whole or not at all. */
public final class ModelWriter {
  private ModelWriter() {}

  /**
   * Writes the folder {@code target}, which must not exist.
   *
   * @param companions the folder that tokenizer files are copied from
   * @param dtype the type of all weights; empty keeps each one's own
   */
  public static void save(
      CausalLm model, Path target, Path companions, Optional<Dtype> dtype, ByteSize shardSize)
      throws IOException {
    AtomicFiles.folder(target, folder -> write(model, folder, companions, dtype, shardSize));
  }

  private static void write(
      CausalLm model, Path folder, Path companions, Optional<Dtype> dtype, ByteSize shardSize)
      throws IOException {
    List<TensorSpec> specs =
        model.weights().values().stream()
            .map(weight -> spec(weight, dtype.orElse(weight.stored())))
            .toList();
    SafetensorsWriter.writeCheckpoint(
        folder,
        specs,
        shardSize,
        (spec, sink) -> write(model.weights().get(spec.name()), spec, sink));
    ObjectNode config = model.spec().toJson();
    config.put("torch_dtype", Dtypes.torchName(specs.getFirst().dtype()));
    config.remove("dtype"); // the key's newer name, where the source had it, would contradict
    Files.writeString(folder.resolve("config.json"), Json.pretty(config));
    CheckpointFiles.copyCompanions(companions, folder);
  }

  private static TensorSpec spec(Weight weight, Dtype dtype) {
    return TensorSpec.of(weight.name(), dtype, weight.tensor().shape());
  }

  private static void write(Weight weight, TensorSpec spec, Sink sink) throws IOException {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      Tensor values = weight.tensor().detach().cpu();
      Tensor stored = values.to(Dtypes.scalarType(spec.dtype())).contiguous();
      var bytes = Tensors.memory(stored);
      long lost =
          Tensors.are(Dtypes.scalarType(spec.dtype()), values)
              ? 0
              : NotFinite.count(spec.dtype(), bytes);
      if (lost > 0) {
        throw new UserException(
            "%s: %,d of its values are too large for %s; write BF16 or F32"
                .formatted(weight.name(), lost, spec.dtype()));
      }
      sink.write(bytes);
    }
  }
}
