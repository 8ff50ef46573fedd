package io.github.drprune.prune;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.libtorch.Tensors;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * The hard concrete distribution (Louizos et al. 2018, arXiv 1712.01312) over masks in [0, 1],
 * given by a log alpha per unit.
 */
final class HardConcrete {
  /** Keeps the logarithms of the noise finite. */
  static final double EPSILON = 1e-6;

  /** Log alphas beyond these would hardly move any more. */
  static final double LOWEST = Math.log(0.01);

  static final double HIGHEST = Math.log(100);

  private static final double TEMPERATURE = 2.0 / 3;
  private static final double LOW = -0.1;
  private static final double HIGH = 1.1;

  /** Sharpens the deterministic mask. */
  private static final double SHARPNESS = 0.8;

  private HardConcrete() {}

  /** Noise for {@link #sample}, float32 on the CPU. */
  static Tensor noise(RandomState random, long... shape) {
    return random.uniform(EPSILON, 1 - EPSILON, shape);
  }

  /** A differentiable sample; {@code uniform} in (0, 1) has the shape of {@code logAlpha}. */
  static Tensor sample(Tensor logAlpha, Tensor uniform) {
    Tensor logistic = uniform.logit().to(logAlpha.device(), logAlpha.scalar_type());
    Tensor s = Ops.mul(logAlpha.add(logistic), 1 / TEMPERATURE).sigmoid();
    return Ops.clamp(Ops.add(Ops.mul(s, HIGH - LOW), LOW), 0, 1);
  }

  /** The probability that a unit's mask is zero. */
  static Tensor dropProbability(Tensor logAlpha) {
    double shift = TEMPERATURE * Math.log(-LOW / HIGH);
    return Ops.clamp(Ops.add(logAlpha.neg(), shift).sigmoid(), EPSILON, 1 - EPSILON);
  }

  /** The share of each row's units that is expected to go, [rows, 1]. */
  static Tensor rowSparsity(Tensor logAlpha) {
    return Ops.meanKeeping(dropProbability(logAlpha), -1);
  }

  /**
   * The masks used where nothing is sampled: soft values, the {@code removed} smallest of each row
   * zero (of equals the later ones). Those that stay are above zero, however low their log alphas:
   * where layers are uneven, a uniform cut keeps units that were all but gone.
   *
   * @param logAlpha [rows, units]
   * @param removed per row
   */
  static float[][] deterministic(Tensor logAlpha, int[] removed) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      float[][] values = rows(Ops.mul(logAlpha, SHARPNESS / TEMPERATURE).sigmoid());
      float[][] order = rows(logAlpha);
      for (int row = 0; row < values.length; row++) {
        for (int unit = 0; unit < values[row].length; unit++) {
          values[row][unit] = Math.max(values[row][unit], Float.MIN_NORMAL);
        }
        for (int unit : smallest(order[row], removed[row])) {
          values[row][unit] = 0;
        }
      }
      return values;
    }
  }

  /** The values of a [rows, units] tensor. */
  static float[][] rows(Tensor tensor) {
    int units = Math.toIntExact(tensor.size(1));
    float[] flat = Tensors.floats(tensor);
    return IntStream.range(0, flat.length / units)
        .mapToObj(row -> Arrays.copyOfRange(flat, row * units, (row + 1) * units))
        .toArray(float[][]::new);
  }

  private static int[] smallest(float[] values, int count) {
    return IntStream.range(0, values.length)
        .boxed()
        .sorted(
            Comparator.<Integer>comparingDouble(unit -> values[unit])
                .thenComparing(Comparator.reverseOrder()))
        .limit(count)
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
