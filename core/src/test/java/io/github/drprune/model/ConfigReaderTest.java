package io.github.drprune.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.error.UserException;
import io.github.drprune.prune.GroupPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigReaderTest {
  private static final String QWEN2 =
      """
      {"model_type": "qwen2", "hidden_size": 32, "num_attention_heads": 4,
       "num_key_value_heads": 2, "num_hidden_layers": %d, "intermediate_size": 48, "vocab_size": 61,
       "use_sliding_window": false, "max_window_layers": 3, "eos_token_id": [1, 2, 3, 4],
       "layer_types": ["full_attention", "full_attention", "full_attention", "full_attention"],
       "mlp_layer_types": ["a", "b", "c", "d"]}
      """;

  @Test
  void whatIsListedForEachLayerIsCutWithTheLayers() {
    ModelSpec source = ConfigReader.parse(QWEN2.formatted(4), "config.json");
    var shape = new ModelShape(32, 2, 4, 2, 48);

    JsonNode cut =
        GroupPolicy.KV_GROUP
            .cut(source.layersFrom(new int[] {0, 3}, new int[] {1, 3}), shape)
            .toJson();

    assertThat(cut.get("layer_types").size()).isEqualTo(2);
    assertThat(cut.get("mlp_layer_types").toString()).isEqualTo("[\"b\",\"d\"]");
    // Of the first three layers only number 0 stays.
    assertThat(cut.get("max_window_layers").asInt()).isEqualTo(1);
    assertThat(cut.get("eos_token_id").size()).isEqualTo(4);
  }

  @Test
  void aListThatDoesNotFitTheLayersIsRefused() {
    assertThatThrownBy(() -> ConfigReader.parse(QWEN2.formatted(3), "config.json"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("4 entries for 3 layers");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hidden_size",
        "num_hidden_layers",
        "num_attention_heads",
        "num_key_value_heads",
        "intermediate_size",
        "head_dim",
        "vocab_size"
      })
  void sizesBeyondAllModelsAreRefused(String key) {
    String config =
        """
        {"model_type": "llama", "hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 4,
         "num_key_value_heads": 4, "head_dim": 8, "intermediate_size": 48, "vocab_size": 61}
        """
            .replaceAll("\"" + key + "\": [0-9]+", "\"" + key + "\": 2147483647");
    assertThatThrownBy(() -> ConfigReader.parse(config, "config.json"))
        .isInstanceOf(UserException.class)
        .hasMessageMatching(".*2,?147,?483,?647.*");
  }

  @Test
  void aFileThatIsNotUtf8IsNamed(@TempDir Path folder) throws IOException {
    Files.write(folder.resolve("config.json"), new byte[] {'{', (byte) 0xff, '}'});
    assertThatThrownBy(() -> ConfigReader.read(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("config.json: not UTF-8 text");
  }
}
