package io.github.drprune.libtorch;

import org.bytedeco.pytorch.Tensor;

/**
 * Operations that take narrow numbers, compute in float32 and write a result of any type where the
 * caller wants it. Nothing is recorded for a backward pass.
 */
public interface MixedOps {
  /** LibTorch's, on any device: with intermediate results where it knows one type only. */
  MixedOps LIBRARY = new LibraryMixedOps();

  /**
   * {@code c = scale a b}.
   *
   * @param a [m, k], float32 or bf16
   * @param b [k, n], in the type of {@code a}
   * @param c [m, n], in the type of {@code a} or float32
   */
  void multiply(double scale, Tensor a, Tensor b, Tensor c);

  /** {@code c += scale a b}, as {@link #multiply}. */
  void addProduct(double scale, Tensor a, Tensor b, Tensor c);

  /**
   * Softmax over the last dimension.
   *
   * @param x [.., n], float32 or bf16
   * @param y [.., n] takes the result, float32 or bf16
   */
  void softmax(Tensor x, Tensor y);
}
