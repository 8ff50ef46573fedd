package io.github.drprune.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.ModelMasks;
import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Scores find what does nothing, and beat chance on a real model. */
class ImportanceTest {
  private static final ModelSpec CONFIG =
      ConfigReader.parse(
          """
          {"model_type": "llama", "hidden_size": 16, "num_hidden_layers": 3, "head_dim": 4,
           "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 6,
           "vocab_size": 13}\
          """,
          "test");

  private static void zero(CausalLm model, String weight, long from, long count) {
    model.weights().get(weight).tensor().narrow(0, from, count).zero_();
  }

  @Test
  void whatDoesNothingGoesFirstAndIsNotMissed() {
    var random = new SplittableRandom(5);
    try (var _ = NativeScope.open();
        var _ = NoGrad.open();
        var model = TinyModels.model(CONFIG, 5)) {
      // Layer 1 writes nothing; elsewhere key/value head 0 (rows 0-3 of v) and unit 2 are dead.
      zero(model, "model.layers.1.self_attn.o_proj.weight", 0, 16);
      zero(model, "model.layers.1.mlp.down_proj.weight", 0, 16);
      for (int layer : List.of(0, 2)) {
        zero(model, "model.layers." + layer + ".self_attn.v_proj.weight", 0, 4);
        zero(model, "model.layers." + layer + ".mlp.up_proj.weight", 2, 1);
      }
      Tensor tokens = RandomModels.tokens(random);
      var target = new ModelShape(16, 2, 2, 1, 5);
      MaskValues masks =
          Importance.masks(
              model, List.of(tokens), target, GroupPolicy.KV_GROUP, ScoredBy.ACTIVATIONS);

      assertThat(masks.kept(MaskModule.LAYER, 0)).containsExactly(0, 2);
      assertThat(masks.kept(MaskModule.HEAD, 2)).containsExactly(1);
      assertThat(masks.kept(MaskModule.INTERMEDIATE, 0)).containsExactly(0, 1, 3, 4, 5);
      float[] whole = Tensors.floats(model.forward(tokens, ModelMasks.NONE));
      try (var cut = Cut.apply(model, masks, RandomModels.options(false))) {
        assertThat(Tensors.floats(cut.forward(tokens, ModelMasks.NONE)))
            .containsExactly(whole, within(1e-4f));
      }
    }
  }

  @Test
  void hiddenUnitsThatNoNormLetsThroughGoFirst() {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open();
        var model = TinyModels.model(CONFIG, 6)) {
      for (String norm :
          model.weights().keySet().stream().filter(n -> n.contains("norm")).toList()) {
        zero(model, norm, 3, 2);
      }
      UnitScores scores =
          Importance.of(
              model,
              List.of(RandomModels.tokens(new SplittableRandom(6))),
              ScoredBy.ACTIVATIONS,
              () -> {});
      assertThat(scores.hidden()[3]).isZero();
      assertThat(scores.hidden()[4]).isZero();
      assertThat(scores.hidden()[5]).isPositive();
    }
  }

  @Test
  void beatsChanceOnARealModel() throws IOException {
    var shared = SharedText.orSkip();
    try (var _ = NativeScope.open();
        var _ = NoGrad.open();
        var model = ModelLoader.load(shared.model(), RandomModels.options(false))) {
      var target = new ModelShape(192, 7, 6, 6, 528);
      MaskValues scored =
          Importance.masks(
              model, shared.calibration(), target, GroupPolicy.KV_GROUP, ScoredBy.ACTIVATIONS);
      var random = new SplittableRandom(7);
      Map<MaskModule, float[][]> values = new EnumMap<>(MaskModule.class);
      scored.values().forEach((module, rows) -> values.put(module, shuffled(rows, random)));
      var chance = new MaskValues(scored.layout(), values);

      long[] ids = IntStream.of(shared.tokens("wiki", "eval", 512)).asLongStream().toArray();
      Tensor text = Tensors.of(ids, 2, 256);
      double byScore =
          model.loss(text, MaskTensors.of(scored, model.device())).mean().item_double();
      double byChance =
          model.loss(text, MaskTensors.of(chance, model.device())).mean().item_double();
      assertThat(byScore).isLessThan(byChance - 0.2);
    }
  }

  private static float[][] shuffled(float[][] rows, SplittableRandom random) {
    float[][] shuffled = new float[rows.length][];
    for (int row = 0; row < rows.length; row++) {
      shuffled[row] = rows[row].clone();
      for (int i = shuffled[row].length - 1; i > 0; i--) {
        int j = random.nextInt(i + 1);
        float value = shuffled[row][i];
        shuffled[row][i] = shuffled[row][j];
        shuffled[row][j] = value;
      }
    }
    return shuffled;
  }
}
