package io.github.drprune.export;

import io.github.drprune.error.UserException;
import io.github.drprune.gguf.GgufHeader;
import io.github.drprune.gguf.GgufValue;
import io.github.drprune.gguf.GgufWriter;
import io.github.drprune.gguf.TensorType;
import io.github.drprune.io.OutputPaths;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.safetensors.CheckpointReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Consumer;

/**
 * Writes a checkpoint as a GGUF file that llama.cpp runs, straight from its weights: a piece of one
 * tensor is in memory at a time.
 *
 * @param model folder of the checkpoint
 * @param output the file to write; a GGUF file that is there is replaced
 * @param type of matrices: F32, F16, BF16 or Q8_0; vectors are F32
 */
public record GgufExport(Path model, Path output, TensorType type) {
  /** What files call the type of most of their tensors. */
  private static final Map<TensorType, Integer> FILE_TYPES =
      Map.of(TensorType.F32, 0, TensorType.F16, 1, TensorType.Q8_0, 7, TensorType.BF16, 32);

  /**
   * What was written.
   *
   * @param architecture llama.cpp's name of it
   * @param contextLength the longest text that the file says it is for, in tokens
   * @param bytes of the file
   */
  public record Result(
      String architecture, int tensors, long parameters, int contextLength, long bytes) {}

  public GgufExport {
    if (!FILE_TYPES.containsKey(type)) {
      throw UserException.at(
          "type", "%s cannot be written".formatted(type), "f32, f16, bf16, q8_0");
    }
  }

  /**
   * Writes the file.
   *
   * @param warnings is told what a reader of the file should know
   * @throws UserException for a model that llama.cpp cannot run, saying why
   */
  public Result write(Consumer<String> warnings) throws IOException {
    OutputPaths.requireFile(output, GgufHeader::isIn, "a GGUF file");
    ModelSpec configured = ConfigReader.read(model);
    try (var reader = CheckpointReader.open(model)) {
      ModelSpec spec = CheckpointCheck.of(model, configured, reader);
      CheckpointCheck.warning(model, configured, spec).ifPresent(warnings);
      requireExpressible(model, spec);
      var exported = ExportedModel.of(spec, warnings);
      var tensors = new TensorList(exported, type).tensors(warnings);
      SequencedMap<String, GgufValue> metadata = new LinkedHashMap<>();
      metadata.put("general.architecture", GgufValue.of(exported.architecture().name()));
      metadata.put("general.type", GgufValue.of("model"));
      metadata.put("general.name", GgufValue.of(name()));
      metadata.put("general.file_type", GgufValue.of(FILE_TYPES.get(type)));
      metadata.put("general.quantization_version", GgufValue.of(2));
      metadata.putAll(exported.metadata());
      metadata.putAll(TokenizerMetadata.of(model, spec.vocabularySize(), warnings));
      var header =
          new GgufHeader(metadata, tensors.stream().map(ExportedTensor::declared).toList());
      write(header, tensors, reader);
      return new Result(
          exported.architecture().name(),
          tensors.size(),
          header.parameters(),
          exported.contextLength(),
          Files.size(output));
    }
  }

  /**
   * Refuses a model that llama.cpp cannot run.
   *
   * @param model its folder, named in the message
   * @throws UserException saying why
   */
  public static void requireExpressible(Path model, ModelSpec spec) {
    Optional<String> obstacle = new ExportCheck(spec).obstacle(spec);
    if (obstacle.isPresent()) {
      throw new UserException(model + ": " + obstacle.get());
    }
  }

  private String name() {
    Path name = model.toAbsolutePath().normalize().getFileName();
    return name == null ? "model" : name.toString();
  }

  private void write(GgufHeader header, List<ExportedTensor> tensors, CheckpointReader reader)
      throws IOException {
    Iterator<ExportedTensor> next = tensors.iterator();
    GgufWriter.write(
        output,
        header,
        (_, out) -> {
          try {
            next.next().write(reader, out);
          } catch (UserException e) {
            throw e.in(model + ": ");
          }
        });
  }
}
