package io.github.drprune.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelShape;
import io.github.drprune.nn.ModelMasks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Log alphas of the golden folder give the masked logits computed elsewhere, masked and cut. */
@Tag("golden")
class GoldenMaskedModelTest {
  static Stream<Path> checkpoints() throws IOException {
    return Files.list(Path.of(System.getProperty("golden.dir"), "models"))
        .filter(GoldenMaskedModelTest::isMasked)
        .sorted();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void reproducesMaskedLogits(Path folder) throws IOException {
    JsonNode golden = expected(folder);
    JsonNode masked = golden.get("masked");
    try (var _ = NativeScope.open();
        var _ = NoGrad.open();
        var random = new RandomState(0);
        var model = ModelLoader.load(folder, RandomModels.options(false))) {
      List<MaskModule> modules = new ArrayList<>();
      masked.get("modules").forEach(module -> modules.add(MaskModule.named(module.asText())));
      JsonNode shape = masked.get("target");
      int heads = shape.get("n_heads").asInt();
      var target =
          new TargetShape(
              new ModelShape(
                  shape.get("d_model").asInt(),
                  shape.get("n_layers").asInt(),
                  heads,
                  shape.path("n_kv_heads").asInt(heads),
                  shape.get("intermediate_size").asInt()));
      var layout = MaskLayout.of(model.spec(), modules, GroupPolicy.KV_GROUP);
      try (var masks = MaskSet.create(layout, target, random, model.device())) {
        for (MaskModule module : modules) {
          float[] values = floats(masked.at("/z_loga/" + module + "/values"));
          Tensor leaf = masks.logAlpha(module);
          leaf.copy_(Tensors.of(values, values.length).view(leaf.shape()));
        }
        MaskValues exact = masks.deterministicExact();
        Tensor tokens = tokens(golden.get("input_ids"));
        float[] logits = floats(masked.get("logits"));

        assertThat(Tensors.floats(model.forward(tokens, MaskTensors.of(exact, model.device()))))
            .containsExactly(logits, within(2e-4f));
        try (var cut = Cut.apply(model, exact, RandomModels.options(false))) {
          assertThat(Tensors.floats(cut.forward(tokens, ModelMasks.NONE)))
              .containsExactly(logits, within(2e-4f));
        }
      }
    }
  }

  private static boolean isMasked(Path folder) {
    try {
      return expected(folder).has("masked");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode expected(Path folder) throws IOException {
    Path file = folder.resolve("expected.json");
    return Json.tree(Files.readString(file), file.toString());
  }

  private static Tensor tokens(JsonNode rows) {
    long[] flat =
        StreamSupport.stream(rows.spliterator(), false)
            .flatMap(row -> StreamSupport.stream(row.spliterator(), false))
            .mapToLong(JsonNode::asLong)
            .toArray();
    return Tensors.of(flat, rows.size(), flat.length / rows.size());
  }

  private static float[] floats(JsonNode values) {
    float[] result = new float[values.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = (float) values.get(i).asDouble();
    }
    return result;
  }
}
