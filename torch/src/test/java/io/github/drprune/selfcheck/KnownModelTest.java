package io.github.drprune.selfcheck;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.nn.Kernels;
import io.github.drprune.nn.LinearKernel;
import org.junit.jupiter.api.Test;

class KnownModelTest {
  private static double error(Kernels kernels) {
    LibTorch.useThreads(1);
    return KnownModel.errors(
            new ModelOptions(LibTorch.device("cpu"), Precision.FP32, true, kernels))
        .getMax();
  }

  @Test
  void isComputedAsTransformersDoes() {
    assertThat(error(Kernels.REFERENCE)).isLessThan(1e-5);
    assertThat(error(Kernels.select(LibTorch.device("cpu"), Precision.FP32))).isLessThan(1e-4);
  }

  @Test
  void aProductThatIsSlightlyWrongShows() {
    LinearKernel wrong =
        (x, weight, bias) -> Ops.mul(LinearKernel.REFERENCE.apply(x, weight, bias), 1.001);
    var plain = Kernels.REFERENCE;
    assertThat(
            error(
                new Kernels(
                    plain.attention(),
                    plain.loss(),
                    wrong,
                    plain.norm(),
                    plain.rotary(),
                    plain.gate())))
        .isGreaterThan(1e-4);
  }
}
