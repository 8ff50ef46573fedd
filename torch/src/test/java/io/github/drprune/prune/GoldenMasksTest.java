package io.github.drprune.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Masks, expected sizes and the Lagrangian against numbers computed elsewhere. */
@Tag("golden")
class GoldenMasksTest {
  /** A case of {@code l0.json}, named for the test report. */
  record Case(String name, JsonNode json) {
    @Override
    public String toString() {
      return name;
    }

    double[] values(String path) {
      return numbers(json.at(path));
    }

    MaskSet masks() {
      var random = new RandomState(0);
      var masks = MaskSet.create(layout(), target(), random, LibTorch.device("cpu"));
      masks
          .parameters()
          .forEach(
              (name, leaf) -> {
                String module = name.substring(name.indexOf('.') + 1);
                set(leaf, values("/z_loga/" + module + "/values"));
              });
      random.close();
      return masks;
    }

    MaskLayout layout() {
      List<MaskModule> modules =
          StreamSupport.stream(json.get("modules").spliterator(), false)
              .map(module -> MaskModule.named(module.asText()))
              .toList();
      return MaskLayout.of(config(), modules, GroupPolicy.KV_GROUP);
    }

    PruningTarget target() {
      JsonNode target = json.get("target");
      if (target.isNull()) {
        return new TargetSparsity(json.get("target_model_sparsity").asDouble());
      }
      int heads = target.get("n_heads").asInt();
      JsonNode hidden = (masksHidden() ? target : json.get("base")).get("d_model");
      return new TargetShape(
          new ModelShape(
              hidden.asInt(),
              target.get("n_layers").asInt(),
              heads,
              target.path("n_kv_heads").asInt(heads),
              target.get("intermediate_size").asInt()));
    }

    /** Some targets name a hidden size that no mask leads to; a user's would be refused. */
    boolean masksHidden() {
      return json.at("/masks/hidden").isObject();
    }

    SparsitySchedule schedule() {
      return new SparsitySchedule(
          json.get("start_sparsity").asDouble(), json.get("lagrangian_warmup_steps").asLong());
    }

    private ModelSpec config() {
      JsonNode base = json.get("base");
      int heads = base.get("n_heads").asInt();
      String config =
          """
          {"model_type": "llama", "hidden_size": %d, "num_attention_heads": %d,
           "num_key_value_heads": %d, "num_hidden_layers": %d, "intermediate_size": %d,
           "vocab_size": %d}\
          """
              .formatted(
                  base.get("d_model").asInt(),
                  heads,
                  base.path("n_kv_heads").asInt(heads),
                  base.get("n_layers").asInt(),
                  base.get("intermediate_size").asInt(),
                  base.get("vocab_size").asInt());
      return ConfigReader.parse(config, name);
    }
  }

  static Stream<Case> cases() throws IOException {
    Path file = Path.of(System.getProperty("golden.dir"), "l0.json");
    JsonNode cases = Json.tree(Files.readString(file), file.toString());
    return IntStream.range(0, cases.size())
        .mapToObj(i -> new Case(i + " " + cases.get(i).get("kind").asText(), cases.get(i)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void samplesMasks(Case golden) {
    try (var _ = NativeScope.open();
        var masks = golden.masks()) {
      for (MaskModule module : masks.layout().modules()) {
        Tensor logAlpha = masks.logAlpha(module);
        double[] noise = golden.values("/masks/" + module + "/uniform");
        Tensor sampled = HardConcrete.sample(logAlpha, floats(noise).view(logAlpha.shape()));
        assertClose(
            Tensors.doubles(sampled), golden.values("/masks/" + module + "/sampled_z"), module);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void expectsSizes(Case golden) {
    try (var masks = golden.masks()) {
      for (MaskModule module : masks.layout().modules()) {
        String path = "/masks/" + module;
        assertClose(
            flat(masks.keepProbability(module)), golden.values(path + "/keep_probability"), module);
        assertClose(
            masks.expectedSparsity(module), golden.values(path + "/expected_sparsity"), module);
      }
      double size = golden.json().get("prunable_model_size").asDouble();
      assertThat(masks.layout().config().blockParameters()).isEqualTo((long) size);
      double expected = golden.json().get("expected_params").asDouble();
      assertThat(size * (1 - masks.expectedSparsity())).isCloseTo(expected, near(expected));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void keepsTheLargest(Case golden) {
    boolean exact = golden.json().get("eval_target_model").asBoolean();
    try (var masks = golden.masks()) {
      MaskLayout layout = masks.layout();
      for (MaskModule module : layout.modules()) {
        int units = layout.units(module);
        int[] removed = masks.expectedRemoved(module);
        if (exact) {
          ModelSpec cut = layout.targetConfig(((TargetShape) masks.target()).shape());
          Arrays.fill(removed, units - layout.kept(module, cut));
        }
        assertClose(
            flat(HardConcrete.deterministic(masks.logAlpha(module), removed)),
            golden.values("/masks/" + module + "/deterministic_z"),
            module);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void penalisesAndDifferentiates(Case golden) {
    for (JsonNode step : golden.json().get("steps")) {
      try (var _ = NativeScope.open();
          var masks = golden.masks();
          var lagrangian = new Lagrangian(masks, golden.schedule())) {
        SequencedMap<String, Tensor> multipliers = lagrangian.multipliers();
        set(multipliers.get("multiplier.linear"), lambdas(golden, masks, "lambda_1"));
        set(multipliers.get("multiplier.quadratic"), lambdas(golden, masks, "lambda_2"));
        long at = step.get("step").asLong();
        Tensor penalty = lagrangian.penalty(at).orElseThrow();
        penalty.backward();

        double expected = step.get("lagrangian").asDouble();
        assertThat(penalty.item_double()).isCloseTo(expected, near(expected));
        if (golden.masksHidden()) {
          assertThat(lagrangian.wanted().ofParameters(at))
              .isCloseTo(step.at("/report/target_sparsity").asDouble(), within(1e-6));
        }
        masks
            .parameters()
            .forEach(
                (name, leaf) -> {
                  String module = name.substring(name.indexOf('.') + 1);
                  assertClose(
                      Tensors.doubles(leaf.grad()),
                      numbers(step.at("/grad_z_loga/" + module)),
                      module);
                });
        JsonNode gradients = step.get("grad_lambdas");
        assertClose(
            Tensors.doubles(multipliers.get("multiplier.linear").grad()),
            perConstraint(gradients, masks, "lambda_1"),
            "lambda_1");
        assertClose(
            Tensors.doubles(multipliers.get("multiplier.quadratic").grad()),
            perConstraint(gradients, masks, "lambda_2"),
            "lambda_2");
      }
    }
  }

  private static double[] lambdas(Case golden, MaskSet masks, String name) {
    return perConstraint(golden.json().get("lambdas"), masks, name);
  }

  /** The values of a multiplier in the order of constraints. */
  private static double[] perConstraint(JsonNode values, MaskSet masks, String name) {
    return switch (masks.target()) {
      case TargetSparsity _ -> new double[] {values.get(name).asDouble()};
      case TargetShape _ ->
          masks.layout().modules().stream()
              .mapToDouble(module -> values.get(name + "_" + module).asDouble())
              .toArray();
    };
  }

  private static void set(Tensor leaf, double[] values) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      leaf.copy_(floats(values).view(leaf.shape()));
    }
  }

  private static Tensor floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return Tensors.of(floats, floats.length);
  }

  private static void assertClose(double[] actual, double[] expected, Object what) {
    assertThat(actual).as("%s", what).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).as("%s %d", what, i).isCloseTo(expected[i], near(expected[i]));
    }
  }

  /** 1e-5 relative, 1e-6 absolute. */
  private static Offset<Double> near(double expected) {
    return within(Math.max(1e-6, 1e-5 * Math.abs(expected)));
  }

  private static double[] flat(float[][] rows) {
    return Arrays.stream(rows)
        .flatMapToDouble(row -> IntStream.range(0, row.length).mapToDouble(i -> row[i]))
        .toArray();
  }

  private static double[] numbers(JsonNode values) {
    return StreamSupport.stream(values.spliterator(), false)
        .mapToDouble(JsonNode::asDouble)
        .toArray();
  }
}
