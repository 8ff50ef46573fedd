package io.github.drprune.nn;

import static org.bytedeco.pytorch.global.torch.cos;
import static org.bytedeco.pytorch.global.torch.outer;
import static org.bytedeco.pytorch.global.torch.sin;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.RotarySpec;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Turns queries and keys by their positions; the two halves of the turned part are the planes. */
public final class Rotary implements AutoCloseable {
  /** Positions that tables are made for at first: contexts of millions are seldom used. */
  private static final int FIRST = 4096;

  private final RotarySpec spec;
  private final int contextLength;
  private final Device device;
  private final ScalarType type;
  private final Table table;
  private final Table longTable; // of texts longer than spec.longAfter()

  public Rotary(RotarySpec spec, int contextLength, Device device, ScalarType type) {
    this.spec = spec;
    this.contextLength = contextLength;
    this.device = device;
    this.type = type;
    this.table = new Table(spec.frequencies());
    this.longTable = spec.longAfter() < contextLength ? new Table(spec.longFrequencies()) : table;
  }

  /**
   * {@code x} [B, heads, T, head dim] at positions {@code offset} and after, the text's last.
   *
   * <p>With LongRoPE the longest row of a batch decides for all of them, padding included, as in
   * transformers 5, whose {@code longrope_frequency_update} goes by the largest position. Texts
   * packed into a row come here one by one: each turns as it would by itself.
   */
  public Tensor apply(Tensor x, long offset, RotaryKernel kernel) {
    boolean isLong = offset + x.size(2) > spec.longAfter();
    return (isLong ? longTable : table).apply(x, offset, kernel);
  }

  @Override
  public void close() {
    table.close();
    if (longTable != table) {
      longTable.close();
    }
  }

  private final class Table {
    private final double[] frequencies;
    private Tensor cosines; // [positions up to now, dims / 2]
    private Tensor sines;

    Table(double[] frequencies) {
      this.frequencies = frequencies;
      fill(Math.min(FIRST, contextLength));
    }

    private void fill(int positions) {
      try (var _ = NativeScope.open();
          var _ = NoGrad.open()) {
        var steps = new double[positions];
        for (int t = 0; t < positions; t++) {
          steps[t] = t;
        }
        Tensor angles =
            outer(Tensors.of(steps, positions), Tensors.of(frequencies, frequencies.length));
        double factor = spec.scaling().attentionFactor();
        cosines = NativeScope.keep(Ops.mul(cos(angles), factor).to(device, type));
        sines = NativeScope.keep(Ops.mul(sin(angles), factor).to(device, type));
      }
    }

    Tensor apply(Tensor x, long offset, RotaryKernel kernel) {
      long end = offset + x.size(2);
      if (end > cosines.size(0) && end <= contextLength) {
        long positions = Math.min(contextLength, Math.max(end, 2 * cosines.size(0)));
        close();
        fill((int) positions);
      }
      return kernel.rotate(
          x, cosines.narrow(0, offset, x.size(2)), sines.narrow(0, offset, x.size(2)));
    }

    void close() {
      cosines.close();
      sines.close();
    }
  }
}
