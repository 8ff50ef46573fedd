package io.github.drprune.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.nn.BlockMasks;
import io.github.drprune.nn.HalfMasks;
import io.github.drprune.nn.HiddenMask;
import io.github.drprune.nn.Kernels;
import io.github.drprune.nn.ModelMasks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A masked model with the fast kernels is the model with the plain ones, gradients included. */
@Tag("golden")
@Tag("golden-families")
class FastModelTest {
  static Stream<Path> checkpoints() throws IOException {
    return GoldenModelTest.checkpoints();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void lossAndGradientsOfWeightsAndMasks(Path folder) throws IOException {
    try (var _ = NativeScope.open()) {
      var device = LibTorch.device("cpu");
      Map<String, Tensor> plain = run(folder, Kernels.REFERENCE);
      Map<String, Tensor> fast = run(folder, Kernels.select(device, Precision.FP32));
      assertThat(fast.keySet()).isEqualTo(plain.keySet());
      plain.forEach(
          (name, expected) -> {
            double norm = expected.norm().item_double();
            assertThat(fast.get(name).sub(expected).norm().item_double())
                .as(name)
                .isCloseTo(0, within(1e-5 * norm + 1e-7));
          });
    }
  }

  /** The loss, and the gradients of all weights and masks. */
  private static Map<String, Tensor> run(Path folder, Kernels kernels) throws IOException {
    var options = new ModelOptions(LibTorch.device("cpu"), Precision.FP32, true, kernels);
    try (var model = ModelLoader.load(folder, options)) {
      torch.manual_seed(9);
      ModelSpec config = model.spec();
      Map<String, Tensor> leaves = new LinkedHashMap<>();
      Tensor hidden = mask(leaves, "hidden", config.hiddenSize());
      hidden.detach().narrow(0, 1, 1).zero_();
      var hiddenMask = HiddenMask.of(hidden);
      List<BlockMasks> blocks = new ArrayList<>();
      for (int i = 0; i < config.layers(); i++) {
        blocks.add(
            new BlockMasks(
                new HalfMasks(
                    hiddenMask,
                    mask(leaves, "heads " + i, config.kvHeads()),
                    mask(leaves, "attention " + i)),
                new HalfMasks(
                    hiddenMask,
                    mask(leaves, "intermediate " + i, config.intermediateSize()),
                    mask(leaves, "mlp " + i))));
      }
      Tensor tokens =
          torch.randint(
              config.vocabularySize(), new long[] {2, 13}, new TensorOptions(ScalarType.Long));
      var loss = model.loss(tokens, new ModelMasks(hiddenMask, blocks));
      loss.mean().backward();
      model.weights().values().forEach(weight -> leaves.put(weight.name(), weight.tensor()));
      Map<String, Tensor> results = new LinkedHashMap<>();
      leaves.forEach((name, leaf) -> results.put(name, leaf.grad().clone()));
      results.put("loss", loss.mean().detach());
      results.put("losses", loss.perToken());
      return results;
    }
  }

  private static Tensor mask(Map<String, Tensor> leaves, String name, long... shape) {
    Tensor leaf =
        torch.rand(shape).mul(new org.bytedeco.pytorch.Scalar(0.5)).set_requires_grad(true);
    leaves.put(name, leaf);
    return leaf;
  }
}
