package io.github.drprune.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.json.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Configurations of both generations of transformers say the same. */
class SpellingTest {
  private static final String SIZES =
      """
      {"hidden_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2,
       "num_hidden_layers": 4, "intermediate_size": 40, "vocab_size": 61, "head_dim": 8,
       "max_position_embeddings": 96}
      """;

  @ParameterizedTest
  @ValueSource(
      strings = {
        """
        gemma3_text
        | {"sliding_window_pattern": 2, "rope_theta": 9e5, "rope_local_base_freq": 5e3,
           "rope_scaling": {"rope_type": "linear", "factor": 8.0}}
        | {"layer_types": ["sliding_attention", "full_attention", "sliding_attention",
             "full_attention"],
           "rope_parameters": {
             "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 9e5},
             "sliding_attention": {"rope_type": "default", "rope_theta": 5e3}}}
        """,
        """
        olmo3
        | {"rope_theta": 4e5, "rope_scaling": {"type": "yarn", "factor": 4.0,
             "original_max_position_embeddings": 24}}
        | {"layer_types": ["sliding_attention", "sliding_attention", "sliding_attention",
             "full_attention"],
           "rope_parameters": {
             "full_attention": {"rope_type": "yarn", "factor": 4.0, "rope_theta": 4e5,
               "original_max_position_embeddings": 24},
             "sliding_attention": {"rope_type": "default", "rope_theta": 4e5}}}
        """,
        """
        olmo3
        | {"rope_parameters": {"rope_type": "yarn", "factor": 4.0, "rope_theta": 4e5,
             "original_max_position_embeddings": 24}}
        | {"rope_parameters": {
             "full_attention": {"rope_type": "yarn", "factor": 4.0, "rope_theta": 4e5,
               "original_max_position_embeddings": 24},
             "sliding_attention": {"rope_type": "default", "rope_theta": 4e5}}}
        """,
        """
        gemma3_text
        | {"sliding_window_pattern": 2, "rope_parameters": {"rope_type": "linear", "factor": 8.0,
             "rope_theta": 9e5}}
        | {"sliding_window_pattern": 2, "rope_parameters": {
             "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 9e5},
             "sliding_attention": {"rope_type": "default", "rope_theta": 1e4}}}
        """,
        """
        gemma3_text
        | {"sliding_window_pattern": 2, "rope_theta": 9e5}
        | {"sliding_window_pattern": 2, "rope_theta": 9e5, "rope_local_base_freq": 1e4}
        """,
        """
        phi3
        | {"rope_theta": 7e3, "original_max_position_embeddings": 24, "rope_scaling":
            {"type": "su", "short_factor": [1, 1, 2, 3], "long_factor": [1, 2, 3, 4]}}
        | {"rope_parameters": {"rope_type": "longrope", "rope_theta": 7e3, "factor": 4.0,
             "original_max_position_embeddings": 24, "short_factor": [1, 1, 2, 3],
             "long_factor": [1, 2, 3, 4]}}
        """,
        """
        qwen2
        | {"use_sliding_window": true, "sliding_window": 7, "max_window_layers": 3}
        | {"use_sliding_window": true, "sliding_window": 7, "layer_types": ["full_attention",
             "full_attention", "full_attention", "sliding_attention"]}
        """,
        """
        smollm3
        | {"no_rope_layer_interval": 2, "rope_theta": 3e6}
        | {"no_rope_layers": [1, 0, 1, 0], "rope_parameters": {"rope_theta": 3e6}}
        """
      })
  void olderAndNewerKeysGiveTheSameAttention(String spellings) {
    String[] parts = spellings.split("\\|");
    String modelType = parts[0].strip();
    String older = parts[1];
    String newer = parts[2];
    AttentionSpec expected = spec(modelType, newer).attention();
    assertThat(spec(modelType, older).attention()).isEqualTo(expected);
    assertThat(expected).isNotEqualTo(spec(modelType, "{}").attention());
  }

  /** Of parameters for all types of layers transformers 5 reads none. */
  @Test
  void writesSharedRotaryParametersByLayerType() {
    ModelSpec olmo3 =
        spec(
            "olmo3",
            """
            {"rope_parameters": {"rope_type": "yarn", "factor": 4.0, "rope_theta": 4e5,
             "original_max_position_embeddings": 24}}
            """);
    ModelSpec cut = olmo3.layersFrom(new int[] {0, 3}, new int[] {0, 3});
    assertThat(cut.toJson().get("rope_parameters"))
        .isEqualTo(
            Json.tree(
                """
                {"sliding_attention": {"rope_type": "default", "rope_theta": 4e5},
                 "full_attention": {"rope_type": "yarn", "factor": 4.0, "rope_theta": 4e5,
                   "original_max_position_embeddings": 24}}
                """,
                "expected"));
    assertThat(ConfigReader.parse(cut.toJson().toString(), "cut").attention())
        .isEqualTo(cut.attention());
  }

  /** The numbers are those of transformers' {@code ROPE_INIT_FUNCTIONS}. */
  @Test
  void yarnScalesAsTransformersDoes() {
    RotarySpec plain =
        rotary(
            """
            {"rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 24}}
            """);
    assertThat(plain.frequencies())
        .containsExactly(new double[] {1, 0.025, 0.0025, 0.00025}, within(1e-8));
    assertThat(plain.scaling().attentionFactor()).isCloseTo(1.138629436, within(1e-8));

    RotarySpec tuned =
        rotary(
            """
            {"rope_parameters": {"rope_type": "yarn", "factor": 4.0, "rope_theta": 500.0,
             "original_max_position_embeddings": 24, "beta_fast": 4.0, "beta_slow": 0.5,
             "truncate": false, "mscale": 0.7, "mscale_all_dim": 0.3}}
            """);
    assertThat(tuned.frequencies())
        .containsExactly(new double[] {1, 0.0902844816, 0.0111803403, 0.0023643540}, within(1e-8));
    assertThat(tuned.scaling().attentionFactor()).isCloseTo(1.0532376815, within(1e-8));
  }

  /** The same. */
  @Test
  void longRopeTurnsLongTextsDifferently() {
    RotarySpec rotary =
        rotary(
            """
            {"rope_scaling": {"type": "longrope", "original_max_position_embeddings": 24,
             "short_factor": [1, 1, 2, 3], "long_factor": [1, 2, 3, 4]}}
            """);
    assertThat(rotary.longAfter()).isEqualTo(24);
    assertThat(rotary.frequencies())
        .containsExactly(new double[] {1, 0.1, 0.005, 0.000333333}, within(1e-8));
    assertThat(rotary.longFrequencies())
        .containsExactly(new double[] {1, 0.05, 0.003333333, 0.00025}, within(1e-8));
    assertThat(rotary.scaling().attentionFactor()).isCloseTo(1.198419202, within(1e-8));
  }

  private static RotarySpec rotary(String keys) {
    return spec("llama", keys).attention().layers().getFirst().rotary().orElseThrow();
  }

  private static ModelSpec spec(String modelType, String keys) {
    var json = (ObjectNode) Json.tree(SIZES, "sizes");
    json.setAll((ObjectNode) Json.tree(keys, "keys"));
    json.put("model_type", modelType);
    return ConfigReader.parse(json.toString(), "config.json");
  }
}
