package io.github.drprune.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.BlockMasks;
import io.github.drprune.nn.ForwardHook;
import io.github.drprune.nn.KvCache.Past;
import io.github.drprune.nn.ModelMasks;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** A model turned to its principal components is the same function of its tokens. */
class PrincipalBasisTest {
  @Property(tries = 30)
  void changesNothingThatTheModelComputes(@ForAll long seed) {
    var random = new SplittableRandom(seed);
    ModelSpec spec = RandomModels.config(random);
    Assume.that(PrincipalBasis.fits(spec));
    try (var model = TinyModels.model(spec, seed);
        var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      Tensor tokens = RandomModels.tokens(random);
      double[] before = Tensors.doubles(model.forward(tokens, ModelMasks.NONE));
      PrincipalBasis.turn(model, List.of(tokens, RandomModels.tokens(random)), () -> {});
      double[] after = Tensors.doubles(model.forward(tokens, ModelMasks.NONE));
      assertThat(after).containsExactly(before, Offset.offset(2e-4));
    }
  }

  @Test
  void unitsAreUncorrelatedAndTheFirstHaveTheLargestShare() {
    ModelSpec spec = RandomModels.llama(new SplittableRandom(3), 2, 2);
    for (long seed = 3; spec.tiedEmbeddings(); seed++) {
      spec = RandomModels.llama(new SplittableRandom(seed), 2, 2);
    }
    int size = spec.hiddenSize();
    try (var model = TinyModels.model(spec, 5);
        var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      Tensor tokens = RandomModels.tokens(new SplittableRandom(7));
      PrincipalBasis.turn(model, List.of(tokens), () -> {});
      double[][] covariance = new double[size][size];
      List<Tensor> norms = new ArrayList<>();
      var hook =
          new ForwardHook() {
            @Override
            public void normalised(Tensor x) {
              norms.add(x);
            }
          };
      Tensor x = model.embed(tokens, null);
      for (var block : model.blocks()) {
        x = block.forward(x, BlockMasks.NONE, Past.NONE, hook);
      }
      norms.add(model.normalise(x, null));
      for (Tensor norm : norms) {
        double[] rows = Tensors.doubles(norm);
        for (int at = 0; at < rows.length; at += size) {
          for (int i = 0; i < size; i++) {
            for (int j = 0; j < size; j++) {
              covariance[i][j] += rows[at + i] * rows[at + j];
            }
          }
        }
      }
      double all = 0;
      for (int i = 0; i < size; i++) {
        all += covariance[i][i];
      }
      for (int i = 0; i < size; i++) {
        assertThat(i == 0 ? 0 : covariance[i][i] - covariance[i - 1][i - 1]).isLessThan(1e-4 * all);
        for (int j = 0; j < i; j++) {
          assertThat(covariance[i][j]).isCloseTo(0, within(1e-4 * all));
        }
      }
    }
  }
}
