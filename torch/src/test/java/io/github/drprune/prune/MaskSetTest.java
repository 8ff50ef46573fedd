package io.github.drprune.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Masks lead to uniform models of the size asked for, from random and from scored starts. */
class MaskSetTest {
  private static final Set<MaskModule> ALL =
      Set.of(MaskModule.HIDDEN, MaskModule.HEAD, MaskModule.INTERMEDIATE, MaskModule.LAYER);

  /** Log alphas at random within their limits. */
  private static void scatter(MaskSet masks, RandomState random) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      for (Tensor leaf : masks.parameters().values()) {
        leaf.copy_(random.uniform(HardConcrete.LOWEST, HardConcrete.HIGHEST, leaf.shape()));
      }
    }
  }

  @Property(tries = 50)
  void sparsityIsMetToOneUnit(@ForAll long seed) {
    var random = new SplittableRandom(seed);
    ModelSpec config = RandomModels.config(random);
    double wanted = random.nextDouble(0.3, 0.7);
    try (var noise = new RandomState(seed);
        var masks =
            MaskSet.create(
                MaskLayout.of(config, ALL, GroupPolicy.KV_GROUP),
                new TargetSparsity(wanted),
                noise,
                LibTorch.device("cpu"))) {
      scatter(masks, noise);
      ModelShape shape = masks.deterministicExact().shape();
      ModelSpec cut = GroupPolicy.KV_GROUP.cut(config, shape);
      double sparsity = masks.layout().sparsity(cut);
      boolean limited =
          shape.intermediateSize() == 1 || shape.intermediateSize() == config.intermediateSize();
      double unit =
          (double) cut.blockParameters() / shape.intermediateSize() / config.blockParameters();
      if (!limited) {
        assertThat(sparsity).isCloseTo(wanted, within(unit));
      }
    }
  }

  @Property(tries = 20)
  void whatIsAllButGoneStaysInAUniformCut(@ForAll long seed) {
    ModelSpec config = RandomModels.llama(new SplittableRandom(seed), 2, 2);
    var target =
        new ModelShape(
            config.hiddenSize() / 2,
            1,
            config.heads() / 2,
            config.kvHeads() / 2,
            config.intermediateSize() / 2);
    try (var noise = new RandomState(seed);
        var masks =
            MaskSet.create(
                MaskLayout.of(config, ALL, GroupPolicy.KV_GROUP),
                new TargetShape(target),
                noise,
                LibTorch.device("cpu"))) {
      try (var _ = NativeScope.open();
          var _ = NoGrad.open()) {
        // Such log alphas have a mask of 0 in float32.
        masks.parameters().values().forEach(leaf -> leaf.sub_(new Scalar(1000)));
      }
      assertThat(masks.deterministicExact().shape()).isEqualTo(target);
    }
  }

  @Property(tries = 100)
  void halvesFormTheBestUniformLayers(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 6) int layers, @ForAll boolean parallel) {
    var random = new SplittableRandom(seed);
    float[] attention = scores(random, layers);
    float[] mlp = scores(random, layers);
    int count = random.nextInt(1, layers + 1);
    List<LayerPair> best = LayerPair.best(attention, mlp, count, parallel);

    assertThat(LayerPair.halves(halves(best, true), halves(best, false), parallel))
        .isEqualTo(best)
        .hasSize(count);
    double most = Double.NEGATIVE_INFINITY;
    for (List<LayerPair> choice : choices(0, layers, count, parallel)) {
      most = Math.max(most, sum(choice, attention, mlp));
    }
    assertThat(sum(best, attention, mlp)).isCloseTo(most, within(1e-6));
  }

  @Test
  void importanceSetsTheOrderOfTheStart() {
    ModelSpec config = RandomModels.llama(new SplittableRandom(1), 2, 2);
    var layout = MaskLayout.of(config, Set.of(MaskModule.HIDDEN), GroupPolicy.KV_GROUP);
    double[] scores = new SplittableRandom(2).doubles(config.hiddenSize()).toArray();
    var importance = new UnitScores(scores, new double[0][], new double[0][], new double[0]);
    var target =
        new TargetShape(
            new ModelShape(
                config.hiddenSize() / 2,
                config.layers(),
                config.heads(),
                config.kvHeads(),
                config.intermediateSize()));
    try (var random = new RandomState(1);
        var masks = MaskSet.create(layout, target, random, LibTorch.device("cpu"))) {
      masks.startFrom(importance, 2);
      assertThat(masks.deterministicExact().kept(MaskModule.HIDDEN, 0))
          .isEqualTo(importance.masks(layout, target.shape()).kept(MaskModule.HIDDEN, 0));
      assertThat(masks.expectedSparsity(MaskModule.HIDDEN)[0]).isLessThan(0.02);
    }
  }

  @Test
  void sampledMasksNeitherLeakNorRepeat() {
    ModelSpec config = RandomModels.llama(new SplittableRandom(1), 2, 2);
    var layout = MaskLayout.of(config, ALL, GroupPolicy.QUERY_IN_GROUP);
    try (var random = new RandomState(1);
        var masks =
            MaskSet.create(layout, new TargetSparsity(0.5), random, LibTorch.device("cpu"))) {
      scatter(masks, random);
      byte[] before = random.save();
      float[] first = sampled(masks, random);
      float[] second = sampled(masks, random);
      random.restore(before);
      assertThat(sampled(masks, random)).isEqualTo(first).isNotEqualTo(second);
    }
  }

  private static float[] sampled(MaskSet masks, RandomState random) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      return Tensors.floats(MaskDraw.of(masks, random).masks().hidden().scale());
    }
  }

  private static float[] scores(SplittableRandom random, int count) {
    float[] scores = new float[count];
    for (int i = 0; i < count; i++) {
      scores[i] = random.nextFloat();
    }
    return scores;
  }

  private static int[] halves(List<LayerPair> pairs, boolean attention) {
    return pairs.stream().mapToInt(pair -> attention ? pair.attention() : pair.mlp()).toArray();
  }

  private static double sum(List<LayerPair> pairs, float[] attention, float[] mlp) {
    return pairs.stream()
        .mapToDouble(pair -> (double) attention[pair.attention()] + mlp[pair.mlp()])
        .sum();
  }

  /** All ways to pair, one by one. */
  private static List<List<LayerPair>> choices(int from, int layers, int count, boolean parallel) {
    if (count == 0) {
      return List.of(Collections.emptyList());
    }
    List<List<LayerPair>> all = new ArrayList<>();
    for (int attention = from; attention < layers; attention++) {
      for (int mlp = attention; mlp < (parallel ? attention + 1 : layers); mlp++) {
        for (List<LayerPair> rest : choices(mlp + 1, layers, count - 1, parallel)) {
          List<LayerPair> choice = new ArrayList<>(Arrays.asList(new LayerPair(attention, mlp)));
          choice.addAll(rest);
          all.add(choice);
        }
      }
    }
    return all;
  }
}
