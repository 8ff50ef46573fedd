package io.github.drprune.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.demo.DemoTokenizer;
import io.github.drprune.error.UserException;
import io.github.drprune.gguf.GgufHeader;
import io.github.drprune.gguf.GgufTensor;
import io.github.drprune.gguf.GgufValue;
import io.github.drprune.gguf.TensorType;
import io.github.drprune.io.ByteSize;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.NewModel;
import io.github.drprune.safetensors.Dtype;
import io.github.drprune.safetensors.SafetensorsWriter;
import io.github.drprune.safetensors.TensorSpec;
import io.github.drprune.tokenizer.TinyTokenizer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bytes of tensors in an exported file. */
class GgufExportTest {
  @TempDir private Path folder;

  /** A checkpoint of one layer, two heads of 4; each tensor counts up from 0 by {@code step}. */
  private Path checkpoint(Dtype dtype, float step) throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    DemoTokenizer.write(model);
    ModelSpec spec = NewModel.of("llama", new ModelShape(8, 1, 2, 2, 8), 258, 16);
    Files.writeString(model.resolve("config.json"), spec.toJson().toString());
    SafetensorsWriter.writeCheckpoint(
        model,
        spec.tensors().values().stream()
            .map(tensor -> TensorSpec.of(tensor.name(), dtype, tensor.sizes()))
            .toList(),
        ByteSize.parse("1GB"),
        (tensor, sink) -> sink.write(MemorySegment.ofArray(bytes(tensor, step))));
    return model;
  }

  private static byte[] bytes(TensorSpec tensor, float step) {
    var bytes = ByteBuffer.allocate((int) tensor.byteSize()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < tensor.elements(); i++) {
      switch (tensor.dtype()) {
        case F32 -> bytes.putFloat(i * step);
        case F16 -> bytes.putShort(Float.floatToFloat16(i * step));
        default -> throw new IllegalArgumentException("not needed here");
      }
    }
    return bytes.array();
  }

  private ByteBuffer tensor(Path file, String name) throws IOException {
    GgufHeader header = GgufHeader.read(file);
    long at = Files.size(file) - header.dataLength();
    for (GgufTensor tensor : header.tensors()) {
      if (tensor.name().equals(name)) {
        return ByteBuffer.wrap(Files.readAllBytes(file), (int) at, (int) tensor.byteSize())
            .slice()
            .order(ByteOrder.LITTLE_ENDIAN);
      }
      at += (tensor.byteSize() + 31) / 32 * 32;
    }
    throw new AssertionError("no " + name);
  }

  @Test
  void rowsOfQueriesStandInLlamaCppsOrder() throws IOException {
    Path file = folder.resolve("model.gguf");
    new GgufExport(checkpoint(Dtype.F16, 0.5f), file, TensorType.F32).write(_ -> {});
    // In each head of 4, dimensions 0 and 2 turn together, and 1 and 3.
    int[] rows = {0, 2, 1, 3, 4, 6, 5, 7};
    ByteBuffer queries = tensor(file, "blk.0.attn_q.weight");
    ByteBuffer values = tensor(file, "blk.0.attn_v.weight");
    for (int row = 0; row < 8; row++) {
      for (int i = 0; i < 8; i++) {
        assertThat(queries.getFloat()).isEqualTo(0.5f * (8 * rows[row] + i));
        assertThat(values.getFloat()).isEqualTo(0.5f * (8 * row + i));
      }
    }
  }

  @Test
  void bf16IsRoundedToTheNearestEven() throws IOException {
    Path file = folder.resolve("model.gguf");
    new GgufExport(checkpoint(Dtype.F32, 1), file, TensorType.BF16).write(_ -> {});
    ByteBuffer embedding = tensor(file, "token_embd.weight");
    // bf16 has 8 bits: from 256 on every second number, 257 lies between 256 and 258.
    assertThat(embedding.getShort(2 * 255)).isEqualTo((short) 0x437f);
    assertThat(embedding.getShort(2 * 257)).isEqualTo((short) 0x4380);
    assertThat(embedding.getShort(2 * 259)).isEqualTo((short) 0x4382);
  }

  @Test
  void tokensBeyondTheModelsVocabularyAreLeftOut() throws IOException {
    Path model = checkpoint(Dtype.F32, 1);
    TinyTokenizer.add(model, "<image>");
    Files.writeString(
        model.resolve("tokenizer_config.json"),
        "{\"bos_token\": \"<s>\", \"eos_token\": \"</s>\", \"pad_token\": \"<image>\"}");
    Path file = folder.resolve("model.gguf");
    List<String> warnings = new ArrayList<>();
    new GgufExport(model, file, TensorType.F32).write(warnings::add);
    var metadata = GgufHeader.read(file).metadata();
    assertThat(metadata.get("tokenizer.ggml.tokens"))
        .isInstanceOfSatisfying(
            GgufValue.Array.class, tokens -> assertThat(tokens.values()).hasSize(258));
    assertThat(metadata).doesNotContainKey("tokenizer.ggml.padding_token_id");
    assertThat(warnings)
        .contains(
            model.resolve("tokenizer.json")
                + ": has token 258 ('<image>'), but the model's vocabulary ends at 257; left out"
                + " of the file");
  }

  @Test
  void numbersTooLargeForATypeAreToldAndLeaveNothing() throws IOException {
    Path model = checkpoint(Dtype.F32, 1000);
    Path file = folder.resolve("model.gguf");
    assertThatThrownBy(() -> new GgufExport(model, file, TensorType.F16).write(_ -> {}))
        .isInstanceOf(UserException.class)
        .hasMessage(
            model + ": token_embd.weight: has numbers too large for F16; export bf16 or f32");
    assertThat(folder).isDirectoryNotContaining(path -> path.toString().contains("gguf"));
    new GgufExport(model, file, TensorType.BF16).write(_ -> {});
    assertThatThrownBy(() -> new GgufExport(model, file, TensorType.Q4_K))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("type: Q4_K cannot be written");
  }
}
