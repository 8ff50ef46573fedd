package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** The rotation of a rotary embedding (arXiv 2104.09864). */
@FunctionalInterface
public interface RotaryKernel {
  /** By slices and a concatenation: the oracle of the other. */
  RotaryKernel REFERENCE = RotaryKernel::plain;

  /**
   * Turns the planes (i, i + half) of {@code x}; what lies beyond 2 half stays.
   *
   * @param x [B, heads, T, d]
   * @param cosines [T, half], as is sines
   */
  Tensor rotate(Tensor x, Tensor cosines, Tensor sines);

  private static Tensor plain(Tensor x, Tensor cosines, Tensor sines) {
    long half = cosines.size(1);
    Tensor first = x.narrow(-1, 0, half);
    Tensor second = x.narrow(-1, half, half);
    List<Tensor> parts = new ArrayList<>(3);
    parts.add(first.mul(cosines).sub(second.mul(sines)));
    parts.add(second.mul(cosines).add(first.mul(sines)));
    if (x.size(-1) > 2 * half) {
      parts.add(x.narrow(-1, 2 * half, x.size(-1) - 2 * half));
    }
    return Ops.concatenate(parts, -1);
  }
}
