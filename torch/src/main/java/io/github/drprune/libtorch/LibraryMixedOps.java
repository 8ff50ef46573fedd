package io.github.drprune.libtorch;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** {@link MixedOps} of LibTorch's own operations. */
record LibraryMixedOps() implements MixedOps {
  @Override
  public void multiply(double scale, Tensor a, Tensor b, Tensor c) {
    try (var _ = NativeScope.open()) {
      if (Tensors.are(a.scalar_type(), c)) {
        torch.mm_out(c, a, b);
      } else {
        c.copy_(a.mm(b));
      }
      if (scale != 1) {
        c.mul_(new Scalar(scale));
      }
    }
  }

  @Override
  public void addProduct(double scale, Tensor a, Tensor b, Tensor c) {
    try (var _ = NativeScope.open()) {
      c.add_(a.mm(b), new Scalar(scale));
    }
  }

  @Override
  public void softmax(Tensor x, Tensor y) {
    try (var _ = NativeScope.open()) {
      y.copy_(torch.softmax(x, -1, new ScalarTypeOptional(ScalarType.Float)));
    }
  }
}
