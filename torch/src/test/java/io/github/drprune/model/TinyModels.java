package io.github.drprune.model;

import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.nn.Kernels;
import java.util.stream.Stream;

/** Configurations of tiny models of every family, for tests. */
public final class TinyModels {
  public static final ModelOptions TRAINED =
      new ModelOptions(LibTorch.device("cpu"), Precision.FP32, true, Kernels.REFERENCE);
  public static final ModelOptions FIXED =
      new ModelOptions(LibTorch.device("cpu"), Precision.FP32, false, Kernels.REFERENCE);

  private TinyModels() {}

  /** One configuration of each kind. */
  public static Stream<ModelSpec> all() {
    return Stream.of(llama(), llamaTied(), qwen2(), mistral(), pythia(true), pythia(false));
  }

  public static ModelSpec llama() {
    return parse(
        """
        {"model_type": "llama", "hidden_size": 32, "num_attention_heads": 4,
         "num_hidden_layers": 2, "intermediate_size": 48, "vocab_size": 61,
         "max_position_embeddings": 64, "attention_bias": true, "mlp_bias": true,
         "rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1,
           "high_freq_factor": 4, "original_max_position_embeddings": 32}}
        """);
  }

  public static ModelSpec llamaTied() {
    return parse(
        """
        {"model_type": "llama", "hidden_size": 24, "num_attention_heads": 6,
         "num_key_value_heads": 2, "head_dim": 8, "num_hidden_layers": 3,
         "intermediate_size": 40, "vocab_size": 61, "max_position_embeddings": 64,
         "tie_word_embeddings": true, "rope_scaling": {"type": "linear", "factor": 2.0}}
        """);
  }

  public static ModelSpec qwen2() {
    return parse(
        """
        {"model_type": "qwen2", "hidden_size": 32, "num_attention_heads": 4,
         "num_key_value_heads": 2, "num_hidden_layers": 2, "intermediate_size": 48,
         "vocab_size": 61, "max_position_embeddings": 64, "tie_word_embeddings": true,
         "rope_theta": 1000000.0, "use_sliding_window": false, "max_window_layers": 2}
        """);
  }

  public static ModelSpec mistral() {
    return parse(
        """
        {"model_type": "mistral", "hidden_size": 36, "num_attention_heads": 4,
         "num_key_value_heads": 2, "head_dim": 8, "num_hidden_layers": 3,
         "intermediate_size": 40, "vocab_size": 61, "max_position_embeddings": 64,
         "sliding_window": null}
        """);
  }

  public static ModelSpec pythia(boolean parallelResidual) {
    return parse(
        """
        {"model_type": "gpt_neox", "hidden_size": 32, "num_attention_heads": 4,
         "num_hidden_layers": 2, "intermediate_size": 64, "vocab_size": 61,
         "max_position_embeddings": 64, "rotary_pct": 0.25, "use_parallel_residual": %s}
        """
            .formatted(parallelResidual));
  }

  private static ModelSpec parse(String json) {
    return ConfigReader.parse(json, "config.json");
  }
}
