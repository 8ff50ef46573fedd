package io.github.drprune.libtorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** An operation of our own takes part in the library's graph like the library's own. */
class CustomOperationTest {
  /** {@code x y} with {@code y} a scalar or of the shape of {@code x}. */
  private static Tensor product(Tensor x, Tensor y) {
    Tensor z;
    try (var scope = NativeScope.open();
        var _ = NoGrad.open()) {
      z = scope.pass(x.mul(y));
    }
    return CustomOperation.record(
        z,
        List.of(x, y),
        dz -> new Tensor[] {dz.mul(y), y.dim() == 0 ? dz.mul(x).sum() : dz.mul(x)});
  }

  private static Tensor leaf(float... values) {
    return Tensors.of(values, values.length).set_requires_grad(true);
  }

  @Test
  void gradientsFlowThroughItToLeavesAndOtherOperations() {
    try (var _ = NativeScope.open()) {
      Tensor x = leaf(1, 2, 3);
      Tensor y = Tensors.of(new float[] {5}).set_requires_grad(true);
      // 3 (x + 1) y, whose gradient is 3 y by x and 3 sum(x + 1) by y
      Ops.mul(product(Ops.add(x, 1), y), 3).sum().backward();
      assertThat(Tensors.floats(x.grad())).containsExactly(15, 15, 15);
      assertThat(y.grad().item_float()).isEqualTo(27);
    }
  }

  @Test
  void anInputUsedTwiceAndSeveralPassesAddUp() {
    try (var _ = NativeScope.open()) {
      Tensor x = leaf(2, 3);
      for (int pass = 0; pass < 2; pass++) {
        product(x, x).sum().backward();
      }
      assertThat(Tensors.floats(x.grad())).containsExactly(8, 12);
    }
  }

  @Test
  void inputsWithoutGradientNeedNone() {
    try (var _ = NativeScope.open()) {
      Tensor x = leaf(2, 3);
      Tensor y = Tensors.of(new float[] {4, 5}, 2);
      product(x, y).sum().backward();
      assertThat(Tensors.floats(x.grad())).containsExactly(4, 5);
      assertThat(product(y, y).requires_grad()).isFalse();
    }
  }

  @Test
  void nothingIsRecordedWithoutGradients() {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      assertThat(product(leaf(2), leaf(3)).requires_grad()).isFalse();
    }
  }

  @Test
  void failuresOfTheBackwardPassReachItsCaller() {
    try (var _ = NativeScope.open()) {
      Tensor x = leaf(1);
      Tensor y =
          CustomOperation.record(
              Tensors.of(new float[] {1}, 1),
              List.of(x),
              _ -> {
                throw new IllegalStateException("no gradient today");
              });
      assertThatThrownBy(y.sum()::backward).hasMessageContaining("no gradient today");
    }
  }

  /** The hooks are held by the graph alone between the passes. */
  @Test
  void survivesGarbageCollectionBetweenThePasses() {
    try (var _ = NativeScope.open()) {
      Tensor x = leaf(2, 3);
      Tensor sum = product(Ops.mul(x, 1), Ops.mul(x, 1)).sum();
      for (int i = 0; i < 3; i++) {
        System.gc();
      }
      sum.backward();
      assertThat(Tensors.floats(x.grad())).containsExactly(4, 6);
    }
  }

  @Test
  void memoryStaysLevel() {
    Tensor x = NativeScope.keep(torch.ones(256, 256).set_requires_grad(true));
    iterate(x, 500);
    long resident = NativeMemory.resident();
    iterate(x, 3000);
    // Less is right: what earlier tests left may be given back meanwhile.
    assertThat(NativeMemory.resident()).isLessThan(resident + (32L << 20));
    x.close();
  }

  private static void iterate(Tensor x, int times) {
    for (int i = 0; i < times; i++) {
      try (var _ = NativeScope.open()) {
        Tensor y = product(x, x);
        if (i % 3 > 0) { // a graph may also be dropped
          y.sum().backward();
        }
      }
    }
  }
}
