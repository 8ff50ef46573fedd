package io.github.drprune.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.error.UserException;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.TensorRole;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a file says of a model; the values are those of llama.cpp's keys, by hand. */
class ExportedModelTest {
  private static final String SIZES =
      """
      "hidden_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 12,
      "num_hidden_layers": 4, "intermediate_size": 40, "vocab_size": 61,
      "max_position_embeddings": 96
      """;

  private static ModelSpec spec(String keys) {
    return ConfigReader.parse("{" + SIZES + ", " + keys + "}", "test");
  }

  private static ExportedModel exported(String keys) {
    return ExportedModel.of(spec(keys), _ -> {});
  }

  private static String value(ExportedModel model, String key) {
    return String.valueOf(model.metadata().get(model.architecture().name() + "." + key));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "model_type": "llama", "partial_rotary_factor": 0.5 | turns whole heads, not 6 of 12
          "model_type": "llama", "hidden_act": "gelu" | computes SILU, not the model's GELU
          "model_type": "qwen3", "attention_bias": true | no place for model.layers.0.self_attn.o_proj.bias
          "model_type": "smollm3", "no_rope_layers": [1, 0, 1, 1] | no positions in every fourth layer, unlike layer 1
          "model_type": "gemma2", "attn_logit_softcapping": null | caps scores and logits, this model only logits
          "model_type": "gemma3_text", "attn_logit_softcapping": 50.0 | caps at most logits, this model caps scores
          "model_type": "gemma2", "tie_word_embeddings": false | has its head tied
          "model_type": "qwen2", "rope_scaling": {"type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 32} | cannot scale rotary frequencies by Llama3
          "model_type": "olmo3", "sliding_window": 6, "layer_types": ["full_attention", "sliding_attention", "sliding_attention", "full_attention"], "rope_scaling": {"rope_type": "linear", "factor": 2.0} | needs windows in a repeating pattern (in each group of n layers all but the last), not in layers [1, 2], counted from 0;
          """)
  void whatLlamaCppCannotComputeIsRefused(String keys, String reason) {
    assertThatThrownBy(() -> exported(keys))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void windowsThatCannotBeSaidLimitTheContext() {
    List<String> warnings = new ArrayList<>();
    var model =
        ExportedModel.of(spec("\"model_type\": \"mistral\", \"sliding_window\": 6"), warnings::add);
    assertThat(model.contextLength()).isEqualTo(6);
    assertThat(value(model, "context_length")).isEqualTo("6");
    assertThat(model.metadata()).doesNotContainKey("llama.attention.sliding_window");
    assertThat(warnings).singleElement().asString().contains("texts of up to 6 tokens");
  }

  @Test
  void windowsAreSaidByTheirPeriod() {
    var model = exported("\"model_type\": \"gemma2\", \"sliding_window\": 6");
    assertThat(model.contextLength()).isEqualTo(96);
    assertThat(value(model, "attention.sliding_window")).isEqualTo("6");
    assertThat(value(model, "attention.sliding_window_pattern")).isEqualTo("2");
  }

  @Test
  void anotherScaleOfScoresGoesIntoTheQueries() {
    var gemma2 = exported("\"model_type\": \"gemma2\", \"query_pre_attn_scalar\": 3");
    assertThat(gemma2.queryFactor(TensorRole.QUERY)).isCloseTo(2, within(1e-12));
    assertThat(gemma2.queryFactor(TensorRole.KEY)).isEqualTo(1);
    var gemma3 = exported("\"model_type\": \"gemma3_text\", \"query_pre_attn_scalar\": 3");
    assertThat(gemma3.queryFactor(TensorRole.QUERY_NORM)).isCloseTo(2, within(1e-12));
    assertThat(gemma3.queryFactor(TensorRole.QUERY)).isEqualTo(1);
    var granite = exported("\"model_type\": \"granite\", \"attention_multiplier\": 0.25");
    assertThat(granite.queryFactor(TensorRole.QUERY)).isEqualTo(1);
    assertThat(value(granite, "attention.scale")).isEqualTo("0.25");
  }

  @Test
  void yarnIsSaidByFactorsOrByItsOwnKeys() {
    String yarn =
        ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4.0,"
            + " \"original_max_position_embeddings\": 24}";
    var llama = exported("\"model_type\": \"llama\"" + yarn);
    assertThat(llama.factors()).containsOnlyKeys("rope_freqs.weight");
    assertThat(llama.factors().get("rope_freqs.weight")).hasSize(6).startsWith(1f).endsWith(4f);
    assertThat(Double.parseDouble(value(llama, "rope.scaling.attn_factor")))
        .isCloseTo(1 + 0.1 * Math.log(4), within(1e-6));
    var qwen2 = exported("\"model_type\": \"qwen2\"" + yarn);
    assertThat(qwen2.factors()).isEmpty();
    assertThat(value(qwen2, "rope.scaling.type")).isEqualTo("yarn");
    assertThat(value(qwen2, "rope.scaling.original_context_length")).isEqualTo("24");
    assertThat(value(qwen2, "rope.scaling.attn_factor")).isEqualTo("1.0");
  }
}
