package io.github.drprune.prune;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.Kernels;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;

/** Random architectures of all families, small enough for hundreds of cases. */
final class RandomModels {
  static final int VOCABULARY = 13;

  private RandomModels() {}

  static ModelOptions options(boolean trainable) {
    return new ModelOptions(LibTorch.device("cpu"), Precision.FP32, trainable, Kernels.REFERENCE);
  }

  /** An architecture with random sizes, biases and sharing. */
  static ModelSpec config(SplittableRandom random) {
    return switch (random.nextInt(12)) {
      case 0, 1 -> llama(random, random.nextInt(1, 4), random.nextInt(1, 4));
      case 2 -> qwen2(random);
      case 3 -> neox(random);
      default -> special(random);
    };
  }

  /** One of the models with special features, with random sizes. */
  private static ModelSpec special(SplittableRandom random) {
    List<ModelSpec> all = TinyModels.all().filter(spec -> !spec.hiddenFollowsHeads()).toList();
    ObjectNode json = all.get(random.nextInt(all.size())).toJson();
    int heads = json.get("num_attention_heads").asInt();
    int headDim = json.path("head_dim").asInt(json.get("hidden_size").asInt() / heads);
    int kvHeads = random.nextInt(1, 4);
    int group = random.nextInt(1, 4);
    json.put("head_dim", headDim)
        .put("num_key_value_heads", kvHeads)
        .put("num_attention_heads", kvHeads * group)
        .put("hidden_size", kvHeads * group * random.nextInt(2, 5))
        .put("intermediate_size", random.nextInt(5, 16))
        .put("vocab_size", VOCABULARY);
    return ConfigReader.parse(json.toString(), "tiny");
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

  /** Random tokens [2, 12]. */
  static Tensor tokens(SplittableRandom random) {
    return Tensors.of(random.longs(24, 0, VOCABULARY).toArray(), 2, 12);
  }
}
