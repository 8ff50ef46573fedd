package io.github.drprune.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.nn.Kernels;
import io.github.drprune.safetensors.Dtype;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;

/** Configurations of tiny models of every family, for tests. */
public final class TinyModels {
  public static final ModelOptions TRAINED =
      new ModelOptions(LibTorch.device("cpu"), Precision.FP32, true, Kernels.REFERENCE);
  public static final ModelOptions FIXED =
      new ModelOptions(LibTorch.device("cpu"), Precision.FP32, false, Kernels.REFERENCE);

  private static final String SIZES =
      """
      {"hidden_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2,
       "num_hidden_layers": 4, "intermediate_size": 40, "vocab_size": 61,
       "max_position_embeddings": 96, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
      """;

  private TinyModels() {}

  /** One configuration of each kind. */
  public static Stream<ModelSpec> all() {
    return Stream.concat(
        Stream.of(llama(), llamaTied(), qwen2(), pythia(true), pythia(false)), special());
  }

  /**
   * What is special in families like Llama. Windows are shorter than the texts of tests. Norms
   * after the halves have a large eps: with a few units at work their input may all but vanish, and
   * they would magnify its rounding.
   */
  private static Stream<ModelSpec> special() {
    JsonNode configs;
    try (var resource = TinyModels.class.getResourceAsStream("/tiny-families.json")) {
      configs = Json.tree(new String(resource.readAllBytes(), UTF_8), "tiny-families.json");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return StreamSupport.stream(configs.spliterator(), false)
        .map(
            config -> {
              var json = (ObjectNode) Json.tree(SIZES, "sizes");
              json.setAll((ObjectNode) config);
              return parse(json.toString());
            });
  }

  /**
   * A model whose weights are all random and large, norms around 1, so that one in the wrong place
   * shows.
   */
  public static CausalLm model(ModelSpec config, long seed) {
    return model(config, seed, FIXED);
  }

  /** As {@link #model(ModelSpec, long)}, held as {@code options} say. */
  public static CausalLm model(ModelSpec config, long seed, ModelOptions options) {
    try (var random = new RandomState(seed)) {
      return CausalLm.of(
          config,
          options,
          shape -> {
            Tensor noise = random.normal(0, 0.3, shape.sizes());
            boolean aroundOne =
                shape.role().isNorm() && !shape.isBias() && !config.norm().fromOne();
            return aroundOne ? Ops.add(noise, 1) : noise;
          },
          _ -> Dtype.F32,
          () -> {});
    }
  }

  public static ModelSpec llama() {
    return parse(
        """
        {"model_type": "llama", "hidden_size": 32, "num_attention_heads": 4,
         "num_hidden_layers": 2, "intermediate_size": 48, "vocab_size": 61,
         "max_position_embeddings": 96, "attention_bias": true, "mlp_bias": true,
         "rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1,
           "high_freq_factor": 4, "original_max_position_embeddings": 32}}
        """);
  }

  public static ModelSpec llamaTied() {
    return parse(
        """
        {"model_type": "llama", "hidden_size": 24, "num_attention_heads": 6,
         "num_key_value_heads": 2, "head_dim": 8, "num_hidden_layers": 3,
         "intermediate_size": 40, "vocab_size": 61, "max_position_embeddings": 96,
         "tie_word_embeddings": true, "rope_scaling": {"type": "linear", "factor": 2.0}}
        """);
  }

  public static ModelSpec qwen2() {
    return parse(
        """
        {"model_type": "qwen2", "hidden_size": 32, "num_attention_heads": 4,
         "num_key_value_heads": 2, "num_hidden_layers": 2, "intermediate_size": 48,
         "vocab_size": 61, "max_position_embeddings": 96, "tie_word_embeddings": true,
         "rope_theta": 1000000.0, "use_sliding_window": false, "max_window_layers": 2}
        """);
  }

  public static ModelSpec pythia(boolean parallelResidual) {
    return parse(
        """
        {"model_type": "gpt_neox", "hidden_size": 32, "num_attention_heads": 4,
         "num_hidden_layers": 2, "intermediate_size": 64, "vocab_size": 61,
         "max_position_embeddings": 96, "rotary_pct": 0.25, "use_parallel_residual": %s}
        """
            .formatted(parallelResidual));
  }

  private static ModelSpec parse(String json) {
    return ConfigReader.parse(json, "config.json");
  }
}
