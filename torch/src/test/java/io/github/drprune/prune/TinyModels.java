package io.github.drprune.prune;

import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.nn.Kernels;
import io.github.drprune.safetensors.Dtype;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;

/** Random architectures of all families, small enough for hundreds of cases. */
final class TinyModels {
  static final int VOCABULARY = 13;

  private TinyModels() {}

  static ModelOptions options(boolean trainable) {
    return new ModelOptions(LibTorch.device("cpu"), Precision.FP32, trainable, Kernels.REFERENCE);
  }

  /** An architecture with random sizes, biases and sharing. */
  static ModelSpec config(SplittableRandom random) {
    return switch (random.nextInt(3)) {
      case 0 -> llama(random, random.nextInt(1, 4), random.nextInt(1, 4));
      case 1 -> qwen2(random);
      default -> neox(random);
    };
  }

  static ModelSpec llama(SplittableRandom random, int kvHeads, int groupSize) {
    return parse(
        """
        {"model_type": "llama", "hidden_size": %d, "num_hidden_layers": %d, "head_dim": 4,
         "num_attention_heads": %d, "num_key_value_heads": %d, "intermediate_size": %d,
         "vocab_size": %d, "tie_word_embeddings": %b, "attention_bias": %b, "mlp_bias": %b}\
        """,
        kvHeads * groupSize * random.nextInt(2, 5),
        random.nextInt(1, 5),
        kvHeads * groupSize,
        kvHeads,
        random.nextInt(5, 16),
        VOCABULARY,
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextBoolean());
  }

  private static ModelSpec qwen2(SplittableRandom random) {
    int kvHeads = random.nextInt(1, 4);
    int heads = kvHeads * random.nextInt(1, 4);
    return parse(
        """
        {"model_type": "qwen2", "hidden_size": %d, "num_hidden_layers": %d,
         "num_attention_heads": %d, "num_key_value_heads": %d, "intermediate_size": %d,
         "vocab_size": %d, "tie_word_embeddings": %b}\
        """,
        4 * heads,
        random.nextInt(1, 5),
        heads,
        kvHeads,
        random.nextInt(5, 16),
        VOCABULARY,
        random.nextBoolean());
  }

  private static ModelSpec neox(SplittableRandom random) {
    int heads = random.nextInt(2, 6);
    return parse(
        """
        {"model_type": "gpt_neox", "hidden_size": %d, "num_hidden_layers": %d,
         "num_attention_heads": %d, "intermediate_size": %d, "vocab_size": %d, "rotary_pct": 0.5,
         "tie_word_embeddings": %b, "use_parallel_residual": %b, "attention_bias": %b}\
        """,
        4 * heads,
        random.nextInt(1, 5),
        heads,
        random.nextInt(5, 16),
        VOCABULARY,
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextBoolean());
  }

  private static ModelSpec parse(String json, Object... values) {
    return ConfigReader.parse(json.formatted(values), "tiny");
  }

  /** All weights random, norms around 1, so that a bias or norm in the wrong place shows. */
  static CausalLm model(ModelSpec config, long seed) {
    try (var random = new RandomState(seed)) {
      return CausalLm.of(
          config,
          options(false),
          shape -> {
            Tensor noise = random.normal(0, 0.3, shape.sizes());
            return shape.name().contains("norm") && shape.name().endsWith("weight")
                ? Ops.add(noise, 1)
                : noise;
          },
          _ -> Dtype.F32,
          () -> {});
    }
  }

  /** Random tokens [2, 7]. */
  static Tensor tokens(SplittableRandom random) {
    return Tensors.of(random.longs(14, 0, VOCABULARY).toArray(), 2, 7);
  }
}
