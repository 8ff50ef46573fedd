package io.github.drprune.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.TensorRole;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.nn.Weight;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Weights fitted to the source's own activations. */
class ReconstructionTest {
  @Test
  void leastSquaresFindTheWeightThatMadeTheSamples() {
    try (var random = new RandomState(3);
        var squares = new LeastSquares();
        var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      Tensor weight = random.normal(0, 1, 5, 4);
      for (int part = 0; part < 3; part++) {
        Tensor x = random.normal(0, 1, 6, 50, 4);
        squares.add(x, x.matmul(weight.t()));
      }
      double[] found = Tensors.doubles(squares.solve(torch.zeros(new long[] {5, 4})));
      double[] wanted = Tensors.doubles(weight);
      for (int i = 0; i < wanted.length; i++) {
        assertThat(found[i]).isCloseTo(wanted[i], within(5e-3 * Math.max(1, Math.abs(wanted[i]))));
      }
    }
  }

  /** What went is done by what stays: twins in the MLP leave nothing to be lost. */
  @Test
  void aTwinTakesOver() {
    ModelSpec spec = RandomModels.llama(new SplittableRandom(2), 2, 2);
    try (var model = TinyModels.model(spec, 4);
        var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      int units = spec.intermediateSize();
      for (Weight weight : model.weights().values()) {
        TensorRole role = weight.shape().role();
        if (role == TensorRole.GATE || role == TensorRole.UP) {
          weight.tensor().select(0, units - 1).copy_(weight.tensor().select(0, 0));
        }
      }
      float[] kept = new float[units];
      Arrays.fill(kept, 0, units - 1, 1);
      float[][] rows = new float[spec.layers()][];
      Arrays.fill(rows, kept);
      var layout = MaskLayout.of(spec, Set.of(MaskModule.INTERMEDIATE), GroupPolicy.KV_GROUP);
      var masks = new MaskValues(layout, Map.of(MaskModule.INTERMEDIATE, rows));
      List<Tensor> text = text(9, 20);
      double[] wanted = Tensors.doubles(model.forward(text.getFirst(), ModelMasks.NONE));
      double plain = error(wanted, Cut.apply(model, masks, RandomModels.options(true)), text);
      double fitted =
          error(wanted, Reconstruction.apply(model, masks, RandomModels.options(true), text), text);
      assertThat(fitted).isLessThan(0.02 * plain);
    }
  }

  /** Random models have little to take over, but less is lost, over all families and shapes. */
  @Test
  void comesNearerToTheSourceThanTheCutAlone() {
    int nearer = 0;
    for (long seed = 0; seed < 25; seed++) {
      var random = new SplittableRandom(seed);
      ModelSpec spec = RandomModels.config(random);
      try (var model = TinyModels.model(spec, seed);
          var _ = NativeScope.open();
          var _ = NoGrad.open()) {
        MaskValues masks = masks(spec, random);
        List<Tensor> text = text(seed, 20);
        double[] wanted = Tensors.doubles(model.forward(text.getFirst(), ModelMasks.NONE));
        CausalLm cut = Cut.apply(model, masks, RandomModels.options(true));
        double plain = error(wanted, cut, text);
        CausalLm fit = Reconstruction.apply(model, masks, RandomModels.options(true), text);
        assertThat(fit.spec()).isEqualTo(cut.spec());
        nearer += error(wanted, fit, text) < plain ? 1 : 0;
      }
    }
    assertThat(nearer).isGreaterThanOrEqualTo(20);
  }

  /** Half of the hidden units and of the intermediate ones, a random choice. */
  private static MaskValues masks(ModelSpec spec, SplittableRandom random) {
    Set<MaskModule> modules = EnumSet.of(MaskModule.INTERMEDIATE);
    if (!spec.hiddenFollowsHeads()) {
      modules.add(MaskModule.HIDDEN);
    }
    var layout = MaskLayout.of(spec, modules, GroupPolicy.KV_GROUP);
    Map<MaskModule, float[][]> values = new EnumMap<>(MaskModule.class);
    for (MaskModule module : layout.modules()) {
      float[][] rows = new float[layout.rows(module)][layout.units(module)];
      for (float[] row : rows) {
        random
            .ints(0, row.length)
            .distinct()
            .limit(Math.max(1, row.length / 2))
            .forEach(unit -> row[unit] = 1);
      }
      values.put(module, rows);
    }
    return new MaskValues(layout, values);
  }

  private static List<Tensor> text(long seed, int batches) {
    var random = new SplittableRandom(seed);
    return Stream.generate(() -> RandomModels.tokens(random)).limit(batches).toList();
  }

  private static double error(double[] wanted, CausalLm model, List<Tensor> text) {
    try (model) {
      double[] logits = Tensors.doubles(model.forward(text.getFirst(), ModelMasks.NONE));
      double sum = 0;
      for (int i = 0; i < wanted.length; i++) {
        sum += (logits[i] - wanted[i]) * (logits[i] - wanted[i]);
      }
      return sum;
    }
  }
}
