package io.github.drprune.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is said of a target before a model is cut to it. */
class ExportCheckTest {
  private static ModelSpec spec(String keys) {
    return ConfigReader.parse(
        """
        {"hidden_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 12,
         "num_hidden_layers": 6, "intermediate_size": 40, "vocab_size": 61,
         "max_position_embeddings": 96, %s}
        """
            .formatted(keys),
        "test");
  }

  private static Optional<String> obstacle(String keys, int hidden, int layers) {
    return new ExportCheck(spec(keys)).obstacle(new ModelShape(hidden, layers, 2, 1, 24));
  }

  @Test
  void sizesThatAFileCannotGive() {
    assertThat(obstacle("\"model_type\": \"qwen2\"", 24, 6)).isEmpty();
    assertThat(obstacle("\"model_type\": \"qwen2\"", 36, 6))
        .hasValueSatisfying(
            line ->
                assertThat(line)
                    .contains("llama.cpp needs a qwen2 to have a hidden size that is heads x")
                    .contains("choose 24"));
    assertThat(obstacle("\"model_type\": \"llama\"", 36, 3)).isEmpty();
  }

  @Test
  void whatTheSourceHasAlready() {
    assertThat(obstacle("\"model_type\": \"gemma2\", \"attn_logit_softcapping\": null", 24, 6))
        .hasValue("llama.cpp's gemma2 caps scores and logits, this model only logits");
  }

  @Test
  void layersThatDifferAndMayGo() {
    String gemma3 =
        "\"model_type\": \"gemma3_text\", \"sliding_window\": 6, \"sliding_window_pattern\": 3";
    assertThat(obstacle(gemma3, 24, 6)).isEmpty();
    // Of two groups of three, two neighbours go: one of each group, or two of one.
    assertThat(obstacle(gemma3, 24, 4))
        .hasValueSatisfying(
            line ->
                assertThat(line)
                    .startsWith("depending on the layers that go: llama.cpp's gemma3 needs windows")
                    .endsWith("keep whole groups of layers when pruning"));
    String smollm3 = "\"model_type\": \"smollm3\", \"no_rope_layer_interval\": 4";
    assertThat(obstacle(smollm3, 24, 5))
        .hasValueSatisfying(line -> assertThat(line).contains("every fourth layer"));
  }

  @Test
  void layersThatAreKnownToGo() {
    var check =
        new ExportCheck(
            spec(
                "\"model_type\": \"gemma3_text\", \"sliding_window\": 6,"
                    + " \"sliding_window_pattern\": 3"));
    int[] wholeGroup = {0, 1, 2};
    int[] parts = {0, 2, 3, 5};
    int[] torn = {0, 2, 3, 4};
    assertThat(check.obstacle(check.source().layersFrom(wholeGroup, wholeGroup))).isEmpty();
    assertThat(check.obstacle(check.source().layersFrom(parts, parts))).isEmpty();
    assertThat(check.obstacle(check.source().layersFrom(torn, torn))).isPresent();
  }
}
