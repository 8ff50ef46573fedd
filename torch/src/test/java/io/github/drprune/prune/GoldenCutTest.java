package io.github.drprune.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.nn.ModelMasks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Units kept as the golden folder says give the logits computed elsewhere, masked and cut. */
@Tag("golden")
@Tag("golden-families")
class GoldenCutTest {
  static Stream<Path> checkpoints() throws IOException {
    return Files.list(Path.of(System.getProperty("golden.families.dir"), "models")).sorted();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void reproducesLogitsOfTheUnitsKept(Path folder) throws IOException {
    Path file = folder.resolve("expected.json");
    JsonNode golden = Json.tree(Files.readString(file), file.toString());
    JsonNode cut = golden.get("cut");
    try (var _ = NativeScope.open();
        var _ = NoGrad.open();
        var model = ModelLoader.load(folder, RandomModels.options(false))) {
      MaskValues masks = masks(model.spec(), cut.get("kept"), () -> 1f);
      Tensor tokens = tokens(golden.get("input_ids"));
      float[] logits = floats(cut.at("/logits/values"));

      assertThat(Tensors.floats(model.forward(tokens, MaskTensors.of(masks, model.device()))))
          .containsExactly(logits, within(2e-4f));
      try (var smaller = Cut.apply(model, masks, RandomModels.options(false))) {
        assertThat(Tensors.floats(smaller.forward(tokens, ModelMasks.NONE)))
            .containsExactly(logits, within(2e-4f));
        assertThat(smaller.loss(tokens, ModelMasks.NONE).mean().item_double())
            .isCloseTo(cut.get("next_token_loss").asDouble(), within(1e-5));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void softMasksOfTheUnitsKeptGiveTheCutsLogits(Path folder) throws IOException {
    Path file = folder.resolve("expected.json");
    JsonNode golden = Json.tree(Files.readString(file), file.toString());
    var random = new SplittableRandom(4);
    try (var _ = NativeScope.open();
        var _ = NoGrad.open();
        var model = ModelLoader.load(folder, RandomModels.options(false))) {
      MaskValues masks =
          masks(model.spec(), golden.at("/cut/kept"), () -> random.nextFloat(0.1f, 1));
      Tensor tokens = tokens(golden.get("input_ids"));
      float[] masked = Tensors.floats(model.forward(tokens, MaskTensors.of(masks, model.device())));
      try (var smaller = Cut.apply(model, masks, RandomModels.options(false))) {
        assertThat(Tensors.floats(smaller.forward(tokens, ModelMasks.NONE)))
            .containsExactly(masked, within(1e-4f));
      }
    }
  }

  /**
   * @param value of each unit that is kept, all others being 0
   */
  private static MaskValues masks(ModelSpec spec, JsonNode kept, Supplier<Float> value) {
    var modules =
        EnumSet.of(MaskModule.HIDDEN, MaskModule.HEAD, MaskModule.INTERMEDIATE, MaskModule.LAYER);
    Map<MaskModule, float[][]> values = new EnumMap<>(MaskModule.class);
    values.put(
        MaskModule.HIDDEN, new float[][] {row(kept.get("hidden"), spec.hiddenSize(), value)});
    values.put(MaskModule.LAYER, new float[][] {row(kept.get("layers"), spec.layers(), value)});
    values.put(MaskModule.HEAD, rows(kept.get("kv_heads"), spec.kvHeads(), value));
    values.put(
        MaskModule.INTERMEDIATE, rows(kept.get("intermediate"), spec.intermediateSize(), value));
    return new MaskValues(MaskLayout.of(spec, modules, GroupPolicy.KV_GROUP), values);
  }

  private static float[][] rows(JsonNode kept, int units, Supplier<Float> value) {
    return IntStream.range(0, kept.size())
        .mapToObj(row -> row(kept.get(row), units, value))
        .toArray(float[][]::new);
  }

  private static float[] row(JsonNode kept, int units, Supplier<Float> value) {
    float[] row = new float[units];
    kept.forEach(unit -> row[unit.asInt()] = value.get());
    return row;
  }

  private static Tensor tokens(JsonNode rows) {
    int[][] tokens =
        StreamSupport.stream(rows.spliterator(), false)
            .map(
                row ->
                    StreamSupport.stream(row.spliterator(), false)
                        .mapToInt(JsonNode::asInt)
                        .toArray())
            .toArray(int[][]::new);
    return Tensors.ofTokens(tokens);
  }

  private static float[] floats(JsonNode values) {
    float[] result = new float[values.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = (float) values.get(i).asDouble();
    }
    return result;
  }
}
