package io.github.drprune.optim;

import static org.bytedeco.pytorch.global.torch.zeros;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The gradients of a set of leaves as one contiguous tensor, into which backward passes add: one
 * operation clears it, measures it, scales it or sends it to another process.
 */
public final class Gradients implements AutoCloseable {
  private final Tensor flat;
  private final List<Tensor> views = new ArrayList<>();

  /** Makes the gradients of {@code leaves}, float32 on one device, zero and lie in one tensor. */
  public Gradients(Collection<Tensor> leaves) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      long size = leaves.stream().mapToLong(Tensor::numel).sum();
      Tensor first = leaves.iterator().next();
      flat =
          NativeScope.keep(
              zeros(new long[] {size}, Tensors.options(ScalarType.Float, first.device())));
      long offset = 0;
      for (Tensor leaf : leaves) {
        Tensor view = NativeScope.keep(flat.narrow(0, offset, leaf.numel()).view(leaf.shape()));
        leaf.mutable_grad().put(view);
        views.add(view);
        offset += leaf.numel();
      }
    }
  }

  /** One after the other in the order of the leaves, [elements]. */
  public Tensor flat() {
    return flat;
  }

  /** Of each leaf, in its shape. */
  public List<Tensor> views() {
    return List.copyOf(views);
  }

  public void zero() {
    flat.zero_();
  }

  /** Euclidean norm of all of them together. */
  public double norm() {
    try (var _ = NativeScope.open()) {
      return flat.norm().item_double();
    }
  }

  public void scale(double factor) {
    try (var _ = NativeScope.open()) {
      flat.mul_(new Scalar(factor));
    }
  }

  @Override
  public void close() {
    views.forEach(Tensor::close);
    flat.close();
  }
}
