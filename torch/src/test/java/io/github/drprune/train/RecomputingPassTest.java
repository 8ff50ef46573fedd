package io.github.drprune.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.BlockWeights;
import io.github.drprune.nn.Kernels;
import io.github.drprune.nn.Targets;
import io.github.drprune.nn.Weight;
import io.github.drprune.prune.GroupPolicy;
import io.github.drprune.prune.Lagrangian;
import io.github.drprune.prune.MaskDraw;
import io.github.drprune.prune.MaskLayout;
import io.github.drprune.prune.MaskModule;
import io.github.drprune.prune.MaskSet;
import io.github.drprune.prune.SparsitySchedule;
import io.github.drprune.prune.TargetSparsity;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RecomputingPassTest {
  static List<ModelSpec> configs() {
    return TinyModels.all().toList();
  }

  @ParameterizedTest
  @MethodSource("configs")
  void givesTheGradientsOfTheDirectPass(ModelSpec config) {
    Map<String, float[]> direct = gradients(config, TinyModels.TRAINED, GradientPass.DIRECT);
    Map<String, float[]> recomputed = gradients(config, TinyModels.TRAINED, new RecomputingPass());

    assertThat(recomputed.keySet()).isEqualTo(direct.keySet());
    direct.forEach(
        (name, expected) ->
            assertThat(recomputed.get(name))
                .as(name)
                .containsExactly(expected, org.assertj.core.api.Assertions.within(1e-6f)));
  }

  /** A sum over processes may begin when a loan ends: nothing is added to the gradients then. */
  @ParameterizedTest
  @MethodSource("configs")
  void loansEndWhenTheGradientsOfTheirBlocksAreThere(ModelSpec config) {
    var device = TinyModels.TRAINED.device();
    var fast =
        new ModelOptions(device, Precision.BF16, true, Kernels.select(device, Precision.BF16));
    for (ModelOptions options : List.of(TinyModels.TRAINED, fast)) {
      for (GradientPass pass : List.of(GradientPass.DIRECT, new RecomputingPass())) {
        var loans = new Loans();
        Map<String, float[]> after = gradients(config, options, pass, loans);
        assertThat(loans.ended)
            .isEqualTo(IntStream.range(0, config.layers()).boxed().toList().reversed());
        assertThat(loans.gradients).isNotEmpty();
        loans.gradients.forEach(
            (name, atEnd) -> assertThat(atEnd).as(name).isEqualTo(after.get(name)));
      }
    }
  }

  /** The gradients of each block's weights as they are when its loan ends. */
  private static final class Loans implements BlockWeights {
    private final List<Integer> ended = new ArrayList<>();
    private final Map<String, float[]> gradients = new LinkedHashMap<>();
    private CausalLm model;

    @Override
    public Loan borrow(int index, Use use) {
      return use == Use.FORWARD ? () -> {} : () -> end(index);
    }

    private void end(int index) {
      ended.add(index);
      for (Weight weight : model.weights().values()) {
        if (weight.shape().layer() == index) {
          gradients.put(weight.name(), Tensors.floats(weight.tensor().grad()));
        }
      }
    }
  }

  private static Map<String, float[]> gradients(
      ModelSpec config, ModelOptions options, GradientPass pass) {
    return gradients(config, options, pass, new Loans());
  }

  /** Of the weights and the log alphas, after a masked pass over two rows. */
  private static Map<String, float[]> gradients(
      ModelSpec config, ModelOptions options, GradientPass pass, Loans loans) {
    var random = new RandomState(5);
    var layout =
        MaskLayout.of(
            config,
            List.of(MaskModule.HIDDEN, MaskModule.HEAD, MaskModule.INTERMEDIATE, MaskModule.LAYER),
            GroupPolicy.KV_GROUP);
    try (var _ = NativeScope.open();
        CausalLm model = ModelLoader.random(config, options, 7);
        var masks = MaskSet.create(layout, new TargetSparsity(0.5), random, model.device());
        var lagrangian = new Lagrangian(masks, new SparsitySchedule(0, 10))) {
      loans.model = model;
      model.borrowFrom(loans);
      var draw = MaskDraw.of(masks, random);
      var tokens = Tensors.ofTokens(new int[][] {{3, 1, 4, 1, 5, 9}, {2, 7, 1, 8, 2, 8}});
      pass.run(model, Targets.all(tokens), draw.masks(), 0.5);
      draw.backward(lagrangian.penalty(5));

      Map<String, float[]> gradients = new LinkedHashMap<>();
      for (Weight weight : model.weights().values()) {
        gradients.put(weight.name(), Tensors.floats(weight.tensor().grad()));
      }
      masks
          .parameters()
          .forEach((name, tensor) -> gradients.put(name, Tensors.floats(tensor.grad())));
      return gradients;
    } finally {
      random.close();
    }
  }
}
