package io.github.drprune.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.error.UserException;
import io.github.drprune.io.ByteSize;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a user can get wrong about a checkpoint is told in one line that names it. */
class BadCheckpointTest {
  @TempDir Path temporary;
  private Path folder;

  @BeforeEach
  void save() throws IOException {
    folder = temporary.resolve("model");
    try (var model = ModelLoader.random(TinyModels.llama(), TinyModels.TRAINED, 1)) {
      ModelWriter.save(model, folder, temporary, Optional.empty(), new ByteSize(1 << 30));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "num_attention_heads     | 5                    | not a multiple of num_attention_heads 5",
        "num_key_value_heads     | 3                    | cannot share 3 key/value heads",
        "hidden_size             | 0                    | hidden_size must be a positive integer",
        "hidden_size             | \"32\"               | hidden_size must be a positive integer",
        "hidden_size             | 48                   | expected shape [61, 48], found [61, 32]",
        "num_hidden_layers       | 3                    | expected tensor 'model.layers.2.",
        "num_hidden_layers       | 1                    | 'model.layers.1.",
        "num_hidden_layers       | 9999                 | 9,999 layers, but the weights have",
        "vocab_size              | 62                   | expected shape [62, 32]",
        "hidden_act              | \"mish\"             | activation 'mish'",
        "model_type              | \"falcon\"          | model_type 'falcon' is not supported",
        "rope_scaling            | {\"type\": \"mrope\"} | rope_scaling type 'mrope'",
        "rope_scaling            | {\"type\": \"yarn\"} | rope_scaling.factor",
        "rope_scaling            | {\"type\": \"longrope\", \"short_factor\": [1]} | list of 4"
            + " positive",
        "rope_scaling            | {\"type\": \"linear\"} | rope_scaling.factor",
        "sliding_window          | 4096                 | sliding windows",
        "model_type              | \"qwen3_moe\"        | the nearest that is: qwen3 (supported:"
            + " llama,",
        "model_type              | \"gemma3\"           | the nearest that is: gemma3_text",
        "model_type              | \"phimoe\"           | the nearest that is: phi3",
        "num_local_experts       | 8                    | mixtures of experts are not supported;"
            + " the nearest",
        "quantization_config     | {\"bits\": 4}        | quantised weights",
        "layer_types             | [\"sliding_attention\"] | 'sliding_attention'",
        "mlp_bias                | false                | is not part of a llama model",
        "partial_rotary_factor   | 0.4                  | do not pair up",
      })
  void namesWhatTheConfigurationCannotBe(String key, String value, String message)
      throws IOException {
    var config = (ObjectNode) Json.tree(Files.readString(folder.resolve("config.json")), "");
    config.set(key, Json.tree(value, ""));
    Files.writeString(folder.resolve("config.json"), Json.pretty(config));

    assertRefused(message);
  }

  @Test
  void namesAFolderThatIsNoModel() throws IOException {
    Files.delete(folder.resolve("config.json"));
    assertRefused("config.json: no such file");
  }

  @Test
  void namesWeightsThatAreMissing() throws IOException {
    Files.delete(folder.resolve("model.safetensors"));
    assertRefused("no weights");
  }

  @Test
  void refusesATruncatedFile() throws IOException {
    Path weights = folder.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(bytes, bytes.length - 100));
    assertRefused("model.safetensors");
  }

  @Test
  void usesAHeadThatDiffersFromTheEmbeddingItIsSaidToBe() throws IOException {
    var config = (ObjectNode) Json.tree(Files.readString(folder.resolve("config.json")), "");
    config.put("tie_word_embeddings", true);
    Files.writeString(folder.resolve("config.json"), Json.pretty(config));

    try (var model = ModelLoader.load(folder, TinyModels.FIXED)) {
      assertThat(model.spec().tiedEmbeddings()).isFalse();
      assertThat(model.spec().toJson().get("tie_word_embeddings").asBoolean()).isFalse();
      assertThat(model.weights()).containsKey("lm_head.weight");
      assertThat(
              CheckpointCheck.warning(folder, ConfigReader.read(folder), model.spec())
                  .orElseThrow())
          .contains("'lm_head.weight' differs");
    }
  }

  private void assertRefused(String message) {
    assertThatThrownBy(() -> ModelLoader.load(folder, TinyModels.FIXED).close())
        .isInstanceOf(UserException.class)
        .hasMessageContaining(message)
        .satisfies(
            e -> assertThat(e.getMessage()).doesNotContain("\n").contains(folder.toString()));
  }
}
