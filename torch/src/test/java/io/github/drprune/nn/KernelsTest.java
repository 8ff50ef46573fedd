package io.github.drprune.nn;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.libtorch.Bf16;
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
    assertThat(kernels.attention()).isSameAs(AttentionKernel.REFERENCE);
    assertThat(kernels.linear()).isSameAs(LinearKernel.REFERENCE);
    assertThat(kernels.loss()).isInstanceOf(ChunkedLoss.class);
  }

  @ParameterizedTest
  @EnumSource(names = {"VECTORS", "TILES"})
  void processorsThatMultiplyBf16DoSo(Bf16 bf16) {
    Kernels kernels = Kernels.cpu(Precision.BF16, bf16);
    assertThat(kernels.attention()).isEqualTo(blocked(ScalarType.BFloat16, bf16));
    assertThat(kernels.linear())
        .isEqualTo(new SingleRowLinear(new OneDnnLinear(ScalarType.BFloat16)));
  }

  @Test
  void otherProcessorsMultiplyInFloat32() {
    Kernels kernels = Kernels.cpu(Precision.BF16, Bf16.EMULATED);
    assertThat(kernels.attention()).isEqualTo(blocked(ScalarType.Float, Bf16.EMULATED));
    assertThat(kernels.linear()).isEqualTo(new SingleRowLinear(new OneDnnLinear(ScalarType.Float)));
  }

  @ParameterizedTest
  @EnumSource
  void float32ProductsUseAllThreadsOnAnyProcessor(Bf16 bf16) {
    assertThat(Kernels.cpu(Precision.FP32, bf16).linear())
        .isEqualTo(new SingleRowLinear(new OneDnnLinear(ScalarType.Float)));
  }

  private static AttentionKernel blocked(ScalarType product, Bf16 bf16) {
    return new SingleQueryAttention(product, new BlockedAttention(bf16, 128));
  }
}
