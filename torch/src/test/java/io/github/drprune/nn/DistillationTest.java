package io.github.drprune.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.MixedOps;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.OneDnn;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.nn.LossKernel.TokenLoss;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DistillationTest {
  private static final double TOLERANCE = 1e-5;

  static List<LossKernel> kernels() {
    return List.of(
        LossKernel.REFERENCE,
        new ChunkedLoss(OneDnn.CPU, ScalarType.Float, 1 << 20),
        new ChunkedLoss(OneDnn.CPU, ScalarType.Float, 150), // three tokens at a time
        new ChunkedLoss(MixedOps.LIBRARY, ScalarType.Float, 150));
  }

  /** Against numbers that plain PyTorch made in float64, see make.py beside them. */
  @Tag("golden")
  @ParameterizedTest
  @MethodSource("kernels")
  void lossesAndGradientsAreThoseOfPyTorch(LossKernel kernel) throws Exception {
    JsonNode golden;
    try (var file = getClass().getResourceAsStream("/distillation/distillation.json")) {
      golden = Json.tree(new String(file.readAllBytes(), StandardCharsets.UTF_8), "golden");
    }
    JsonNode shapes = golden.get("shapes");
    long batch = shapes.get("batch").asLong();
    long length = shapes.get("length").asLong();
    long vocabulary = shapes.get("vocabulary").asLong();
    assertThat(golden.get("cases")).hasSize(5);
    for (JsonNode expected : golden.get("cases")) {
      try (var _ = NativeScope.open()) {
        long wide = shapes.get("hidden").asLong();
        long narrow = shapes.get("teacher_hidden").asLong();
        Tensor hidden = floats(expected, "hidden", batch, length, wide).set_requires_grad(true);
        Tensor head = floats(expected, "head", vocabulary, wide).set_requires_grad(true);
        var soft =
            new SoftTargets(
                floats(expected, "teacher_hidden", batch, length, narrow),
                new Head(floats(expected, "teacher_head", vocabulary, narrow)),
                expected.get("weight").asDouble(),
                expected.get("temperature").asDouble());
        Targets targets = targets(expected).with(soft);

        TokenLoss loss = kernel.loss(hidden, new Head(head), targets);
        loss.mean().backward();

        String what = kernel + ", temperature " + soft.temperature();
        check(what, loss.mean().reshape(1), Json.tree("[" + expected.get("loss") + "]", "loss"));
        check(what, loss.perToken(), expected.get("cross_entropy"));
        check(what, loss.divergence(), expected.get("divergence"));
        check(what, hidden.grad(), expected.get("hidden_gradient"));
        check(what, head.grad(), expected.get("head_gradient"));
      }
    }
  }

  /** A teacher that is the student itself teaches nothing: only the cross entropy is left. */
  @ParameterizedTest
  @MethodSource("kernels")
  void aTeacherLikeTheStudentHasNoDivergence(LossKernel kernel) {
    try (var _ = NativeScope.open()) {
      torch.manual_seed(6);
      Tensor hidden = torch.randn(2, 9, 12).set_requires_grad(true);
      Tensor head = torch.randn(301, 12).set_requires_grad(true);
      Tensor tokens = torch.randint(301, new long[] {2, 9}, new TensorOptions(ScalarType.Long));
      Targets targets = Targets.all(tokens);
      var soft = new SoftTargets(hidden.detach(), new Head(head.detach()), 0.5, 1);

      TokenLoss taught = kernel.loss(hidden, new Head(head), targets.with(soft));
      taught.mean().backward();
      double[] gradient = Tensors.doubles(hidden.grad());
      hidden.grad().zero_();
      TokenLoss plain = kernel.loss(hidden, new Head(head), targets);
      plain.mean().backward();

      assertThat(Tensors.doubles(taught.divergence()))
          .containsExactly(new double[16], within(TOLERANCE));
      assertThat(taught.mean().item_double())
          .isCloseTo(0.5 * plain.mean().item_double(), within(TOLERANCE));
      double[] half = Tensors.doubles(hidden.grad());
      for (int i = 0; i < half.length; i++) {
        half[i] /= 2;
      }
      assertThat(gradient).containsExactly(half, within(TOLERANCE));
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, 2})
  void scaledAndCappedLogitsOfBothModels(double temperature) {
    try (var _ = NativeScope.open()) {
      torch.manual_seed(8);
      Tensor states = torch.randn(2, 9, 8);
      Tensor weight = torch.randn(301, 8);
      Tensor tokens = torch.randint(301, new long[] {2, 9}, new TensorOptions(ScalarType.Long));
      for (OptionalDouble cap : List.of(OptionalDouble.empty(), OptionalDouble.of(3))) {
        Targets targets =
            Targets.all(tokens)
                .with(new SoftTargets(states, new Head(weight, 2, cap), 0.4, temperature));
        Function<LossKernel, Differentiated> loss =
            kernel ->
                Differentiated.of(
                    x -> kernel.loss(x.get(0), new Head(x.get(1), 0.5, cap), targets).mean(),
                    List.of(torch.randn(2, 9, 12), torch.randn(301, 12)));
        for (LossKernel kernel : kernels()) {
          torch.manual_seed(9);
          Differentiated expected = loss.apply(LossKernel.REFERENCE);
          torch.manual_seed(9);
          loss.apply(kernel).assertNear(expected, TOLERANCE, "%s, cap %s".formatted(kernel, cap));
        }
      }
    }
  }

  private static Targets targets(JsonNode expected) {
    int[][] tokens = Json.convert(expected.get("tokens"), int[][].class, "tokens");
    Tensor ids = Tensors.ofTokens(tokens);
    if (expected.get("counted").isNull()) {
      return Targets.all(ids);
    }
    boolean[][] counted = Json.convert(expected.get("counted"), boolean[][].class, "counted");
    int[][] flags = new int[tokens.length][tokens[0].length];
    for (int row = 0; row < flags.length; row++) {
      for (int t = 0; t < flags[row].length; t++) {
        flags[row][t] = counted[row][t] ? 1 : 0;
      }
    }
    return Targets.of(ids, Tensors.ofTokens(flags).to(ScalarType.Bool));
  }

  /** Values beyond one, of which a case has some hundreds, are compared by their ratio. */
  private static void check(String what, Tensor actual, JsonNode expected) {
    double[] values = Tensors.doubles(actual);
    double[] of = values(expected);
    assertThat(values).as(what).hasSameSizeAs(of);
    for (int i = 0; i < of.length; i++) {
      double tolerance = TOLERANCE * Math.max(1, Math.abs(of[i]));
      assertThat(values[i]).as(what).isCloseTo(of[i], within(tolerance));
    }
  }

  private static Tensor floats(JsonNode node, String name, long... shape) {
    return Tensors.of(values(node.get(name)), shape).to(ScalarType.Float);
  }

  private static double[] values(JsonNode node) {
    return StreamSupport.stream(node.spliterator(), false)
        .mapToDouble(JsonNode::asDouble)
        .toArray();
  }
}
