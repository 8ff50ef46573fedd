package io.github.drprune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.config.RunConfig;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.data.Batch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.ModelMasks;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingStepTest {
  private static final int LENGTH = 6;
  private static final long[][] TOKENS = {
    {3, 1, 4, 1, 5, 9}, {2, 6, 5, 3, 5, 8}, {9, 7, 9, 3, 2, 3}, {8, 4, 6, 2, 6, 4}
  };

  /** Of unequal rows, one of them without any; the first column never counts. */
  private static final byte[][] COUNTED = {
    {1, 0, 0, 0, 1, 1}, {1, 0, 0, 0, 0, 0}, {0, 1, 1, 1, 1, 1}, {0, 0, 0, 1, 0, 0}
  };

  private static final int PREDICTED = 8;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void microBatchesOfTokensThatCountGiveTheGradientOfTheWhole(int microBatch) throws Exception {
    double[] expected = gradient(4);
    double[] actual = gradient(microBatch);
    assertThat(actual).containsExactly(expected, within(1e-6));
    double norm = 0;
    for (double value : expected) {
      norm += value * value;
    }
    assertThat(norm).isGreaterThan(1e-2);
  }

  @Test
  void lossesAreMeansOverTheTokensThatCount() throws Exception {
    try (var arena = Arena.ofConfined();
        var model = model();
        var _ = NativeScope.open();
        var optimizer = Learning.optimizer(config(2), model, new NoPruning())) {
      var step =
          new TrainingStep(
              config(2),
              model,
              Optional.empty(),
              new NoPruning(),
              optimizer,
              List.of("a", "b", "c"));
      var losses = step.gradient(1, batch(arena)).losses();

      double[] perRow = new double[TOKENS.length];
      float[] perToken =
          Tensors.floats(
              model
                  .loss(Tensors.of(flat(), TOKENS.length, LENGTH), ModelMasks.NONE)
                  .perToken()
                  .detach());
      for (int row = 0; row < TOKENS.length; row++) {
        for (int t = 1; t < LENGTH; t++) {
          perRow[row] += COUNTED[row][t] * perToken[row * (LENGTH - 1) + t - 1];
        }
      }
      assertThat(losses.mean())
          .isCloseTo((perRow[0] + perRow[2] + perRow[3]) / PREDICTED, within(1e-6));
      // Domain a has rows 0 and 2, b row 1 without any token that counts, c row 3.
      assertThat(losses.means()[0]).isCloseTo((perRow[0] + perRow[2]) / 7, within(1e-6));
      assertThat(losses.means()[1]).isNaN();
      assertThat(losses.means()[2]).isCloseTo(perRow[3], within(1e-6));
      assertThat(losses.byDomain()).containsOnlyKeys("a", "c");
    }
  }

  private static double[] gradient(int microBatch) throws Exception {
    try (var arena = Arena.ofConfined();
        var model = model();
        var _ = NativeScope.open();
        var optimizer = Learning.optimizer(config(microBatch), model, new NoPruning())) {
      var step =
          new TrainingStep(
              config(microBatch),
              model,
              Optional.empty(),
              new NoPruning(),
              optimizer,
              List.of("a", "b", "c"));
      assertThat(step.gradient(1, batch(arena)).isFinite()).isTrue();
      List<Double> values = new ArrayList<>();
      for (var weight : model.weights().values()) {
        for (double value : Tensors.doubles(weight.tensor().grad())) {
          values.add(value);
        }
      }
      return values.stream().mapToDouble(Double::doubleValue).toArray();
    }
  }

  private static CausalLm model() {
    return ModelLoader.random(TinyModels.llama(), TinyModels.TRAINED, 7);
  }

  private static RunConfig config(int microBatch) throws Exception {
    return ConfigLoader.load(
            Optional.empty(),
            List.of(
                "model=m",
                "data=d",
                "output=o",
                "steps=10",
                "gradient_clip=1000",
                "global_batch=4",
                "micro_batch=" + microBatch),
            TrainConfig.class)
        .run();
  }

  private static Batch batch(Arena arena) {
    MemorySegment tokens = arena.allocateFrom(ValueLayout.JAVA_LONG, flat());
    MemorySegment counted = arena.allocate((long) TOKENS.length * LENGTH);
    for (int row = 0; row < TOKENS.length; row++) {
      MemorySegment.copy(
          COUNTED[row], 0, counted, ValueLayout.JAVA_BYTE, (long) row * LENGTH, LENGTH);
    }
    return new Batch(
        tokens,
        counted,
        LENGTH,
        new int[] {0, 1, 0, 2},
        new long[] {0, 1, 2, 3},
        new int[] {2, 1, 1});
  }

  private static long[] flat() {
    return List.of(TOKENS).stream().flatMapToLong(java.util.Arrays::stream).toArray();
  }
}
