package io.github.drprune.libtorch;

import org.bytedeco.pytorch.FunctionPreHook;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/** Tells when a backward pass has come to a tensor. */
public final class GradientHook {
  private GradientHook() {}

  /**
   * Calls {@code listener} in each backward pass, by its thread, when the gradient of {@code x} is
   * there: all that was recorded after {@code x} was made has given its gradients then, as the
   * library goes back through operations in the opposite order. The pass must run before the {@link
   * NativeScope} at hand closes.
   *
   * @param x made by an operation that was recorded
   */
  public static void whenThere(Tensor x, Runnable listener) {
    x.grad_fn()
        .add_pre_hook(
            new FunctionPreHook() {
              @Override
              public TensorVector apply(TensorVector incoming) {
                listener.run();
                return incoming;
              }
            });
  }
}
