package io.github.drprune.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.nn.Kernels;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.nn.Weight;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every checkpoint of the golden folders gives the logits, loss and gradients computed elsewhere.
 */
@Tag("golden")
@Tag("golden-families")
class GoldenModelTest {
  static Stream<Path> checkpoints() throws IOException {
    return Stream.concat(
            Files.list(Path.of(System.getProperty("golden.dir"), "models")),
            Files.list(Path.of(System.getProperty("golden.families.dir"), "models")))
        .sorted();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void reproducesLogits(Path folder) throws IOException {
    JsonNode expected = expected(folder);
    try (var _ = NativeScope.open();
        var _ = NoGrad.open();
        var model = load(folder, false)) {
      Tensor logits = model.forward(tokens(expected.get("input_ids")), ModelMasks.NONE);

      assertThat(logits.shape()).containsExactly(longs(expected.at("/logits/shape")));
      assertThat(Tensors.floats(logits))
          .containsExactly(floats(expected.at("/logits/values")), within(2e-4f));
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void reproducesLossAndGradients(Path folder) throws IOException {
    JsonNode expected = expected(folder);
    try (var _ = NativeScope.open();
        var model = load(folder, true)) {
      var loss = model.loss(tokens(expected.get("input_ids")), ModelMasks.NONE);
      loss.mean().backward();

      assertThat(loss.mean().item_double())
          .isCloseTo(expected.get("next_token_loss").asDouble(), within(1e-5));
      JsonNode norms = expected.get("gradient_l2_norms");
      assertThat(norms.size()).isEqualTo(model.weights().size());
      for (Weight weight : model.weights().values()) {
        double norm = norms.get(weight.name()).asDouble();
        assertThat(weight.tensor().grad().norm().item_double())
            .as(weight.name())
            .isCloseTo(norm, within(1e-3 * norm));
      }
    }
  }

  private static CausalLm load(Path folder, boolean trainable) throws IOException {
    return ModelLoader.load(
        folder,
        new ModelOptions(LibTorch.device("cpu"), Precision.FP32, trainable, Kernels.REFERENCE));
  }

  private static JsonNode expected(Path folder) throws IOException {
    Path file = folder.resolve("expected.json");
    return Json.tree(Files.readString(file), file.toString());
  }

  private static Tensor tokens(JsonNode ids) {
    int[][] tokens = new int[ids.size()][];
    for (int row = 0; row < tokens.length; row++) {
      tokens[row] =
          Stream.iterate(0, i -> i + 1)
              .limit(ids.get(row).size())
              .map(ids.get(row)::get)
              .mapToInt(JsonNode::asInt)
              .toArray();
    }
    return Tensors.ofTokens(tokens);
  }

  private static long[] longs(JsonNode values) {
    long[] result = new long[values.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = values.get(i).asLong();
    }
    return result;
  }

  private static float[] floats(JsonNode values) {
    float[] result = new float[values.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = (float) values.get(i).asDouble();
    }
    return result;
  }
}
