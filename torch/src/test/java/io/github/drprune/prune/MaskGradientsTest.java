package io.github.drprune.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.BlockMasks;
import io.github.drprune.nn.HalfMasks;
import io.github.drprune.nn.ModelMasks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Scores by gradients of masks against differences of losses. */
class MaskGradientsTest {
  private static final float STEP = 0.02f;

  @Test
  void scoresAreSquaredSlopesOfTheLoss() {
    ModelSpec spec = RandomModels.llama(new SplittableRandom(11), 2, 2);
    try (var model = TinyModels.model(spec, 11);
        var _ = NativeScope.open()) {
      Tensor tokens = RandomModels.tokens(new SplittableRandom(12));
      long[] pieces = {0};
      UnitScores scores =
          MaskGradients.of(
              model, List.of(tokens), new double[spec.hiddenSize()], () -> pieces[0]++);
      assertThat(pieces[0]).isEqualTo(tokens.size(0));
      int last = spec.layers() - 1;
      double ofHead = 0;
      double ofUnit = 0;
      double ofLayer = 0;
      for (int row = 0; row < tokens.size(0); row++) {
        Tensor sequence = tokens.narrow(0, row, 1);
        ofHead += square(slope(model, sequence, last, Kind.HEAD));
        ofUnit += square(slope(model, sequence, last, Kind.UNIT));
        ofLayer += square(slope(model, sequence, last, Kind.LAYER));
      }
      assertThat(scores.heads()[last][1]).isCloseTo(ofHead, within(0.02 * ofHead + 1e-6));
      assertThat(scores.intermediate()[last][1]).isCloseTo(ofUnit, within(0.02 * ofUnit + 1e-6));
      assertThat(scores.layers()[last]).isCloseTo(ofLayer, within(0.02 * ofLayer + 1e-6));
      assertThat(ofHead * ofUnit * ofLayer).isPositive();
    }
  }

  private enum Kind {
    HEAD,
    UNIT,
    LAYER
  }

  private static double square(double x) {
    return x * x;
  }

  /** Of the loss along the mask of one head, unit or layer, by a central difference. */
  private static double slope(CausalLm model, Tensor sequence, int layer, Kind kind) {
    return (loss(model, sequence, layer, kind, 1 + STEP)
            - loss(model, sequence, layer, kind, 1 - STEP))
        / (2 * STEP);
  }

  private static double loss(CausalLm model, Tensor sequence, int layer, Kind kind, float value) {
    ModelSpec spec = model.spec();
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      List<BlockMasks> blocks = new ArrayList<>();
      for (int i = 0; i < spec.layers(); i++) {
        boolean here = i == layer;
        Tensor whole = here && kind == Kind.LAYER ? Tensors.of(new float[] {value}, 1) : null;
        Tensor scalar = whole == null ? null : whole.squeeze();
        blocks.add(
            new BlockMasks(
                new HalfMasks(null, mask(spec.heads(), here && kind == Kind.HEAD, value), scalar),
                new HalfMasks(
                    null,
                    mask(spec.intermediateSize(), here && kind == Kind.UNIT, value),
                    scalar)));
      }
      return model.loss(sequence, new ModelMasks(null, blocks)).mean().item_double();
    }
  }

  private static Tensor mask(int units, boolean changed, float value) {
    float[] mask = new float[units];
    Arrays.fill(mask, 1);
    if (changed) {
      mask[1] = value;
    }
    return Tensors.of(mask, units);
  }
}
