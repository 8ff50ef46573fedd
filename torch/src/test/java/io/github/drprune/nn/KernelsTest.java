package io.github.drprune.nn;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.libtorch.Precision;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each device gets the kernels that are fast on it. */
class KernelsTest {
  @ParameterizedTest
  @EnumSource(Precision.class)
  void cudaUsesTheLibrarysOwnAttentionAndProducts(Precision precision) {
    Kernels kernels = Kernels.select(new Device("cuda:0"), precision);
    assertThat(kernels.attention()).isSameAs(AttentionKernel.PLAIN);
    assertThat(kernels.linear()).isSameAs(LinearKernel.PLAIN);
    assertThat(kernels.loss()).isInstanceOf(ChunkedLoss.class);
  }

  @Test
  void processorsWithNarrowProductsUseThem() {
    Kernels kernels = Kernels.cpu(Precision.BF16, true);
    assertThat(kernels.attention()).isEqualTo(blocked(ScalarType.BFloat16));
    assertThat(kernels.linear()).isEqualTo(new SingleRowLinear(LinearKernel.PLAIN));
  }

  @Test
  void otherProcessorsMultiplyInFloat32() {
    Kernels kernels = Kernels.cpu(Precision.BF16, false);
    assertThat(kernels.attention()).isEqualTo(blocked(ScalarType.Float));
    assertThat(kernels.linear()).isEqualTo(new SingleRowLinear(new Float32Linear()));
  }

  @Test
  void float32ProductsUseAllThreadsOnAnyProcessor() {
    for (boolean narrowProducts : new boolean[] {false, true}) {
      assertThat(Kernels.cpu(Precision.FP32, narrowProducts).linear())
          .isEqualTo(new SingleRowLinear(new Float32Linear()));
    }
  }

  private static AttentionKernel blocked(ScalarType product) {
    return new SingleQueryAttention(product, new BlockedAttention(product, 256));
  }
}
