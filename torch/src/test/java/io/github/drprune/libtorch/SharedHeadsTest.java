package io.github.drprune.libtorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** What a GPU computes where its kernels take no key/value heads that several queries share. */
class SharedHeadsTest {
  @Test
  void aHeadForEachQueryHeadGivesTheSame() {
    try (var _ = NativeScope.open()) {
      Tensor q = torch.randn(2, 6, 5, 8);
      Tensor k = torch.randn(2, 3, 5, 8);
      Tensor v = torch.randn(2, 3, 5, 8);
      float[] shared = Tensors.floats(Ops.attention(q, k, v, true, 0.3));
      float[] each =
          Tensors.floats(Ops.attention(q, Ops.forEach(k, 2), Ops.forEach(v, 2), true, 0.3));
      assertThat(each).containsExactly(shared, within(1e-6f));
    }
  }

  @Test
  void onlyNarrowTypesWithoutAMaskShareThem() {
    assertThat(Ops.takesNoSharedHeads(ScalarType.BFloat16, false)).isFalse();
    assertThat(Ops.takesNoSharedHeads(ScalarType.BFloat16, true)).isTrue();
    assertThat(Ops.takesNoSharedHeads(ScalarType.Float, false)).isTrue();
  }
}
