package io.github.drprune.nn;

import static org.bytedeco.pytorch.global.torch.cos;
import static org.bytedeco.pytorch.global.torch.outer;
import static org.bytedeco.pytorch.global.torch.sin;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.RotarySpec;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Turns queries and keys by their positions; the two halves of the turned part are the planes. */
public final class Rotary implements AutoCloseable {
  private final Tensor cosines; // [positions, dims / 2]
  private final Tensor sines;

  public Rotary(RotarySpec config, int positions, Device device, ScalarType type) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      var steps = new double[positions];
      for (int t = 0; t < positions; t++) {
        steps[t] = t;
      }
      double[] frequencies = config.frequencies();
      Tensor angles =
          outer(Tensors.of(steps, positions), Tensors.of(frequencies, frequencies.length));
      cosines = NativeScope.keep(cos(angles).to(device, type));
      sines = NativeScope.keep(sin(angles).to(device, type));
    }
  }

  /** {@code x} [B, heads, T, head size] at positions {@code offset} and after. */
  public Tensor apply(Tensor x, long offset, RotaryKernel kernel) {
    return kernel.turn(x, cosines.narrow(0, offset, x.size(2)), sines.narrow(0, offset, x.size(2)));
  }

  @Override
  public void close() {
    cosines.close();
    sines.close();
  }
}
