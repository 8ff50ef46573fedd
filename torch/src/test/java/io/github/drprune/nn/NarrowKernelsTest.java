package io.github.drprune.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.drprune.libtorch.Bf16;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.OneDnn;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.model.Activation;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * In bf16 every fast path is on average as near to the plain one in float32 as the plain one in
 * bf16 is, gradients included.
 */
class NarrowKernelsTest {
  private static final int DRAWS = 12;

  private final Random random = new Random(3);

  /**
   * An operation and inputs for it.
   *
   * @param narrow how many of the inputs are given in bf16
   */
  private record Case(
      Function<List<Tensor>, Tensor> fast,
      Function<List<Tensor>, Tensor> plain,
      List<Tensor> inputs,
      int narrow) {
    Case(
        Function<List<Tensor>, Tensor> fast,
        Function<List<Tensor>, Tensor> plain,
        List<Tensor> inputs) {
      this(fast, plain, inputs, inputs.size());
    }

    List<Tensor> narrowed(List<Tensor> exact) {
      List<Tensor> result = new ArrayList<>(exact);
      result.subList(0, narrow).replaceAll(x -> x.to(ScalarType.BFloat16));
      return result;
    }
  }

  @ParameterizedTest
  @EnumSource
  void attention(Bf16 bf16) {
    assumeProcessorHas(bf16 == Bf16.EMULATED ? ScalarType.Float : ScalarType.BFloat16);
    compare(() -> attentionCase(bf16));
  }

  @ParameterizedTest
  @EnumSource(
      value = ScalarType.class,
      names = {"Float", "BFloat16"})
  void loss(ScalarType product) {
    assumeProcessorHas(product);
    compare(() -> lossCase(product, false));
  }

  @ParameterizedTest
  @EnumSource(
      value = ScalarType.class,
      names = {"Float", "BFloat16"})
  void distillation(ScalarType product) {
    assumeProcessorHas(product);
    compare(() -> lossCase(product, true));
  }

  private Case lossCase(ScalarType product, boolean taught) {
    int length = 2 + random.nextInt(40);
    int vocabulary = 17 + random.nextInt(3000);
    int logits = vocabulary * (8 + random.nextInt(40));
    Tensor tokens =
        torch.randint(vocabulary, new long[] {2, length}, new TensorOptions(ScalarType.Long));
    int hidden = 16 + random.nextInt(48);
    Function<Tensor, Targets> targets =
        taught ? taught(tokens, vocabulary, hidden) : _ -> Targets.all(tokens);
    return new Case(
        x ->
            new ChunkedLoss(OneDnn.CPU, product, logits)
                .loss(x.get(0), new Head(x.get(1)), targets.apply(x.get(0)))
                .mean(),
        x ->
            LossKernel.REFERENCE.loss(x.get(0), new Head(x.get(1)), targets.apply(x.get(0))).mean(),
        List.of(normal(2, length, hidden), Ops.mul(normal(vocabulary, hidden), 0.1)),
        1); // the head is the float32 weight
  }

  /** Targets with a random teacher, whose states are of the type of the student's. */
  private Function<Tensor, Targets> taught(Tensor tokens, int vocabulary, int hidden) {
    double temperature = random.nextBoolean() ? 1 : 2;
    Tensor states = normal(2, tokens.size(1), hidden);
    Tensor head = Ops.mul(normal(vocabulary, hidden), 0.1);
    return like ->
        Targets.all(tokens)
            .with(new SoftTargets(states.to(like.scalar_type()), new Head(head), 0.5, temperature));
  }

  @ParameterizedTest
  @EnumSource(
      value = ScalarType.class,
      names = {"Float", "BFloat16"})
  void linear(ScalarType product) {
    assumeProcessorHas(product);
    compare(
        () -> {
          int in = 1 + random.nextInt(70);
          int out = 1 + random.nextInt(70);
          return new Case(
              x -> new OneDnnLinear(product).apply(x.get(0), x.get(1), x.get(2)),
              x -> LinearKernel.REFERENCE.apply(x.get(0), x.get(1), x.get(2)),
              List.of(normal(2, 1 + random.nextInt(20), in), normal(out, in), normal(out)),
              1); // weights are float32
        });
  }

  @ParameterizedTest
  @EnumSource(
      value = ScalarType.class,
      names = {"Float", "BFloat16"})
  void norm(ScalarType product) {
    assumeProcessorHas(product);
    compare(
        () -> {
          int width = 8 + random.nextInt(1000);
          return new Case(
              x -> new OneDnnNorm(product).rms(x.get(0), x.get(1), 1e-5),
              x -> NormKernel.REFERENCE.rms(x.get(0), x.get(1), 1e-5),
              List.of(normal(2, 1 + random.nextInt(200), width), normal(width)),
              1); // the weight is float32
        });
  }

  @Test
  void rotary() {
    compare(
        () -> {
          Tensor angles = normal(1 + random.nextInt(40), 1 + random.nextInt(16));
          long d = 2 * angles.size(1) + random.nextInt(5);
          return new Case(
              x -> turned(new InPlaceRotary(), x.get(0), angles),
              x -> turned(RotaryKernel.REFERENCE, x.get(0), angles),
              List.of(normal(2, 3, angles.size(0), d)));
        });
  }

  @Test
  void gate() {
    compare(
        () -> {
          long[] shape = {1 + random.nextInt(200), 1 + random.nextInt(2000)};
          return new Case(
              x -> new RecomputedGate().apply(x.get(0), x.get(1), Activation.SILU),
              x -> GateKernel.REFERENCE.apply(x.get(0), x.get(1), Activation.SILU),
              List.of(normal(shape), normal(shape)));
        });
  }

  private static void assumeProcessorHas(ScalarType product) {
    assumeThat(product == ScalarType.Float || Bf16.ofProcessor() != Bf16.EMULATED)
        .as("a processor that multiplies bf16")
        .isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void attentionOfAWindowAndCappedScores(Bf16 bf16) {
    assumeProcessorHas(bf16 == Bf16.EMULATED ? ScalarType.Float : ScalarType.BFloat16);
    compare(
        () -> {
          int length = 2 + random.nextInt(200);
          var scoring =
              new Scoring(
                  0.2,
                  random.nextBoolean() ? OptionalDouble.of(2) : OptionalDouble.empty(),
                  OptionalInt.of(1 + random.nextInt(100)));
          var kernel = new BlockedAttention(bf16, 16 + random.nextInt(100));
          return new Case(
              x -> kernel.attend(x.get(0), x.get(1), x.get(2), true, scoring),
              x -> AttentionKernel.REFERENCE.attend(x.get(0), x.get(1), x.get(2), true, scoring),
              List.of(
                  normal(2, 4, length, 16), normal(2, 2, length, 16), normal(2, 2, length, 16)));
        });
  }

  private Case attentionCase(Bf16 bf16) {
    int kvHeads = 1 + random.nextInt(3);
    int group = 1 + random.nextInt(3);
    int d = 8 * (1 + random.nextInt(6));
    int length = 2 + random.nextInt(12 * d); // probabilities of some rows are kept, of others not
    int block = 16 + random.nextInt(100);
    return new Case(
        x -> new BlockedAttention(bf16, block).attend(x.get(0), x.get(1), x.get(2), true),
        x -> AttentionKernel.REFERENCE.attend(x.get(0), x.get(1), x.get(2), true),
        List.of(
            normal(2, kvHeads * group, length, d),
            normal(2, kvHeads, length, d),
            normal(2, kvHeads, length, d)));
  }

  private static Tensor turned(RotaryKernel kernel, Tensor x, Tensor angles) {
    return kernel.rotate(x, angles.cos().to(x.scalar_type()), angles.sin().to(x.scalar_type()));
  }

  private static Tensor normal(long... shape) {
    return torch.randn(shape);
  }

  private static void compare(Supplier<Case> cases) {
    torch.manual_seed(1);
    List<double[]> sums = new ArrayList<>(); // of each value, [fast, plain]
    for (int draw = 0; draw < DRAWS; draw++) {
      try (var _ = NativeScope.open()) {
        Case drawn = cases.get();
        // Inputs that bf16 holds exactly, so that only the operation's own rounding counts.
        List<Tensor> inputs =
            drawn.inputs().stream()
                .map(x -> x.to(ScalarType.BFloat16).to(ScalarType.Float))
                .toList();
        var oracle = Differentiated.of(drawn.plain(), ScalarType.Float, inputs);
        List<Tensor> narrowed = drawn.narrowed(inputs);
        List<Double> fast = Differentiated.of(drawn.fast(), narrowed).distance(oracle);
        List<Double> plain = Differentiated.of(drawn.plain(), narrowed).distance(oracle);
        for (int i = 0; i < fast.size(); i++) {
          if (draw == 0) {
            sums.add(new double[2]);
          }
          sums.get(i)[0] += fast.get(i);
          sums.get(i)[1] += plain.get(i);
        }
      }
    }
    for (int i = 0; i < sums.size(); i++) {
      assertThat(sums.get(i)[0] / DRAWS)
          .as("error of value %d (0: output, then the inputs' gradients)", i)
          .isLessThanOrEqualTo(1.05 * sums.get(i)[1] / DRAWS + 1e-6);
    }
  }
}
