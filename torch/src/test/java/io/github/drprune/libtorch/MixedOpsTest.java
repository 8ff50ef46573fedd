package io.github.drprune.libtorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Both implementations give what the library computes from operands widened to float32. */
class MixedOpsTest {
  /** Where a matrix lies: its memory has room for more rows, columns or matrices. */
  enum Layout {
    DENSE,
    ROOM_BETWEEN,
    TRANSPOSED,
    MATRICES_BY_ROW;

    /** A random [n, rows, columns]. */
    Tensor matrices(int n, int rows, int columns) {
      return switch (this) {
        case DENSE -> torch.randn(n, rows, columns);
        case ROOM_BETWEEN ->
            torch.randn(n, rows + 2, columns + 1).narrow(1, 1, rows).narrow(2, 0, columns);
        case TRANSPOSED -> torch.randn(n, columns, rows + 1).narrow(2, 0, rows).transpose(1, 2);
        case MATRICES_BY_ROW ->
            torch.randn(rows + 1, n, columns).narrow(0, 1, rows).transpose(0, 1);
      };
    }
  }

  @Property(tries = 300)
  void oneDnnMultipliesMatricesThatLieAnyhow(
      @ForAll @IntRange(min = 1, max = 4) int n,
      @ForAll @IntRange(min = 1, max = 70) int m,
      @ForAll @IntRange(min = 1, max = 70) int k,
      @ForAll @IntRange(min = 1, max = 70) int columns,
      @ForAll @DoubleRange(min = -2, max = 2) double scale,
      @ForAll boolean add,
      @ForAll Precision precision,
      @ForAll Layout left,
      @ForAll Layout right,
      @ForAll Layout result) {
    Assume.that(precision == Precision.FP32 || multipliesBf16());
    try (var _ = NativeScope.open()) {
      ScalarType type = precision.scalarType();
      Tensor a = left.matrices(n, m, k).to(type);
      Tensor b = right.matrices(n, k, columns).to(type);
      Tensor c = result.matrices(n, m, columns);
      Tensor product = wide(a).bmm(wide(b)).mul(new Scalar(scale));
      Tensor expected = add ? product.add(c) : product;
      if (add) {
        OneDnn.CPU.addProduct(scale, a, b, c);
      } else {
        OneDnn.CPU.multiply(scale, a, b, c);
      }
      assertNear(c, expected, 1e-5);
    }
  }

  @Property(tries = 40)
  void bothGiveTheSame(
      @ForAll @IntRange(min = 1, max = 40) int m,
      @ForAll @IntRange(min = 1, max = 40) int k,
      @ForAll @IntRange(min = 1, max = 40) int columns) {
    try (var _ = NativeScope.open()) {
      Tensor a = torch.randn(m, k);
      Tensor b = torch.randn(columns, k).t();
      Tensor start = torch.randn(m, columns);
      List<List<Tensor>> results = new ArrayList<>();
      for (MixedOps ops : List.of(MixedOps.LIBRARY, OneDnn.CPU)) {
        Tensor written = start.clone();
        ops.multiply(0.3, a, b, written);
        Tensor added = start.clone();
        ops.addProduct(-1.7, a, b, added);
        Tensor probabilities = start.clone();
        ops.softmax(added, probabilities);
        results.add(List.of(written, added, probabilities));
      }
      for (int i = 0; i < 3; i++) {
        assertNear(results.get(1).get(i), results.get(0).get(i), 1e-5);
      }
    }
  }

  @Test
  void bf16IsAddedUpAndWrittenInFloat32() {
    try (var _ = NativeScope.open()) {
      Tensor a = torch.randn(33, 500).to(ScalarType.BFloat16);
      Tensor b = torch.randn(500, 17).to(ScalarType.BFloat16);
      Tensor exact = wide(a).mm(wide(b));
      Tensor c = torch.empty(33, 17);
      // The library's product is rounded to bf16 on the way, which its users must live with.
      MixedOps.LIBRARY.multiply(1, a, b, c);
      assertNear(c, exact, 4e-3);
      assumeThat(multipliesBf16()).as("a processor that multiplies bf16").isTrue();
      OneDnn.CPU.multiply(1, a, b, c);
      assertNear(c, exact, 1e-5);
    }
  }

  @Property(tries = 30)
  void gradientOfSoftmax(
      @ForAll @IntRange(min = 1, max = 9) int rows, @ForAll @IntRange(min = 1, max = 300) int n) {
    try (var _ = NativeScope.open()) {
      Tensor x = torch.randn(2, rows, n).set_requires_grad(true);
      Tensor y = Ops.softmax(x);
      Tensor dy = torch.randn(2, rows, n);
      Ops.backward(y, dy);
      Tensor dx = torch.empty(2, rows, n);
      OneDnn.CPU.softmaxBackward(y.detach(), dy, dx);
      assertNear(dx, x.grad(), 1e-5);
    }
  }

  private static boolean multipliesBf16() {
    return Bf16.ofProcessor() != Bf16.EMULATED;
  }

  private static Tensor wide(Tensor x) {
    return x.to(ScalarType.Float);
  }

  private static void assertNear(Tensor actual, Tensor expected, double tolerance) {
    double norm = Math.max(expected.norm().item_double(), 1);
    assertThat(actual.sub(expected).norm().item_double() / norm).isLessThanOrEqualTo(tolerance);
  }
}
