package io.github.drprune.selfcheck;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.TensorShape;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.nn.Weight;
import io.github.drprune.safetensors.Dtype;
import java.util.ArrayList;
import java.util.Collections;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * A Llama whose weights follow from a formula, and what transformers 5 computes with it in float64
 * (build-tools/known_model.py): its loss and the norm of the gradient of each weight.
 */
final class KnownModel {
  private static final String CONFIG =
      """
      {"model_type": "llama", "hidden_size": 32, "num_hidden_layers": 2,
       "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 48,
       "vocab_size": 40, "max_position_embeddings": 32, "rms_norm_eps": 1e-5,
       "tie_word_embeddings": false}
      """;

  private static final double LOSS = 3.818049430847;

  private static final Map<String, Double> GRADIENTS =
      Map.ofEntries(
          Map.entry("lm_head.weight", 1.0403900566),
          Map.entry("model.embed_tokens.weight", 0.6682734013),
          Map.entry("model.layers.0.input_layernorm.weight", 0.1627334760),
          Map.entry("model.layers.0.mlp.down_proj.weight", 3.0422414039),
          Map.entry("model.layers.0.mlp.gate_proj.weight", 0.8606758494),
          Map.entry("model.layers.0.mlp.up_proj.weight", 0.8108995198),
          Map.entry("model.layers.0.post_attention_layernorm.weight", 0.1095226963),
          Map.entry("model.layers.0.self_attn.k_proj.weight", 0.6255759003),
          Map.entry("model.layers.0.self_attn.o_proj.weight", 4.5038715287),
          Map.entry("model.layers.0.self_attn.q_proj.weight", 0.5895107929),
          Map.entry("model.layers.0.self_attn.v_proj.weight", 1.5762382042),
          Map.entry("model.layers.1.input_layernorm.weight", 0.0677564688),
          Map.entry("model.layers.1.mlp.down_proj.weight", 0.4439859545),
          Map.entry("model.layers.1.mlp.gate_proj.weight", 0.3122417254),
          Map.entry("model.layers.1.mlp.up_proj.weight", 0.2860125703),
          Map.entry("model.layers.1.post_attention_layernorm.weight", 0.0511274775),
          Map.entry("model.layers.1.self_attn.k_proj.weight", 0.0539121649),
          Map.entry("model.layers.1.self_attn.o_proj.weight", 0.5953903092),
          Map.entry("model.layers.1.self_attn.q_proj.weight", 0.1141429512),
          Map.entry("model.layers.1.self_attn.v_proj.weight", 1.3980671078),
          Map.entry("model.norm.weight", 0.1626226766));

  private static final int LENGTH = 16;

  private KnownModel() {}

  /** Relative differences of the loss and of gradients from what transformers computes. */
  static DoubleSummaryStatistics errors(ModelOptions options) {
    ModelSpec spec = ConfigReader.parse(CONFIG, "the known model");
    List<String> names = new ArrayList<>(spec.tensors().keySet());
    Collections.sort(names);
    try (var model =
            CausalLm.of(
                spec,
                options,
                shape -> weight(shape, names.indexOf(shape.name())),
                _ -> Dtype.F32,
                () -> {});
        var _ = NativeScope.open()) {
      Tensor loss = model.loss(tokens().to(model.device(), Tensors.TOKENS), ModelMasks.NONE).mean();
      loss.backward();
      var errors = new DoubleSummaryStatistics();
      errors.accept(Math.abs(loss.item_double() / LOSS - 1));
      for (Weight weight : model.weights().values()) {
        double norm = weight.tensor().grad().norm().item_double();
        errors.accept(Math.abs(norm / GRADIENTS.get(weight.name()) - 1));
      }
      return errors;
    }
  }

  /** Element i of tensor k in the order of names: 0.25 sin(0.7 i + k), and 1 more in norms. */
  private static Tensor weight(TensorShape shape, int k) {
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.25 * Math.sin(0.7 * i + k) + (shape.isMatrix() ? 0 : 1));
    }
    return Tensors.of(values, shape.sizes());
  }

  private static Tensor tokens() {
    int[][] tokens = new int[2][LENGTH];
    for (int t = 0; t < LENGTH; t++) {
      tokens[0][t] = (7 * t * t + 3 * t + 1) % 40;
      tokens[1][t] = (5 * t * t + t + 2) % 40;
    }
    return Tensors.ofTokens(tokens);
  }
}
