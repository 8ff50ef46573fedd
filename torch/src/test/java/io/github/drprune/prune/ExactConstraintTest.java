package io.github.drprune.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Tensor;

/** Masks stand at the sparsity asked for, wherever an optimizer has moved them. */
class ExactConstraintTest {
  private static final Set<MaskModule> ALL =
      EnumSet.of(MaskModule.HIDDEN, MaskModule.HEAD, MaskModule.INTERMEDIATE, MaskModule.LAYER);

  @Property(tries = 40)
  void everyRowIsAtTheSparsityAskedFor(
      @ForAll long seed,
      @ForAll @IntRange(max = 120) int step,
      @ForAll @DoubleRange(max = 0.3) double start,
      @ForAll @DoubleRange(max = 80) double scatter) {
    ModelSpec source = RandomModels.llama(new SplittableRandom(seed), 2, 2);
    var layout = MaskLayout.of(source, ALL, GroupPolicy.KV_GROUP);
    var target =
        new ModelShape(
            source.hiddenSize() / 2,
            1,
            source.heads() / 2,
            source.kvHeads() / 2,
            source.intermediateSize() / 3);
    try (var random = new RandomState(seed);
        var masks =
            MaskSet.create(layout, new TargetShape(target), random, LibTorch.device("cpu"))) {
      scatter(masks, random, scatter);
      float[][] before = HardConcrete.rows(masks.logAlpha(MaskModule.INTERMEDIATE));
      var constraint = new ExactConstraint(masks, new SparsitySchedule(start, 100));
      constraint.after(step);
      for (MaskModule module : layout.modules()) {
        double asked = constraint.wanted().of(module, step).orElseThrow();
        for (double sparsity : masks.expectedSparsity(module)) {
          assertThat(sparsity).isCloseTo(asked, within(2e-5));
        }
      }
      assertThat(order(HardConcrete.rows(masks.logAlpha(MaskModule.INTERMEDIATE))))
          .isEqualTo(order(before));
    }
  }

  @Property(tries = 20)
  void aPlainSparsityIsMetOverAllModules(
      @ForAll long seed,
      @ForAll @DoubleRange(min = 0.05, max = 0.95) double sparsity,
      @ForAll @DoubleRange(max = 80) double scatter) {
    ModelSpec source = RandomModels.llama(new SplittableRandom(seed), 2, 2);
    var layout = MaskLayout.of(source, ALL, GroupPolicy.KV_GROUP);
    try (var random = new RandomState(seed);
        var masks =
            MaskSet.create(layout, new TargetSparsity(sparsity), random, LibTorch.device("cpu"))) {
      scatter(masks, random, scatter);
      var constraint = new ExactConstraint(masks, new SparsitySchedule(0, 0));
      constraint.after(1);
      assertThat(masks.expectedSparsity()).isCloseTo(sparsity, within(2e-5));
    }
  }

  private static void scatter(MaskSet masks, RandomState random, double deviation) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      for (Tensor leaf : masks.parameters().values()) {
        leaf.copy_(random.normal(0, deviation, leaf.shape()));
      }
    }
  }

  /** The units of each row from the lowest to the highest. */
  private static int[][] order(float[][] rows) {
    return Arrays.stream(rows)
        .map(
            row ->
                IntStream.range(0, row.length)
                    .boxed()
                    .sorted((i, j) -> Float.compare(row[i], row[j]))
                    .mapToInt(Integer::intValue)
                    .toArray())
        .toArray(int[][]::new);
  }
}
