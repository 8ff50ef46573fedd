package io.github.drprune.libtorch;

import static org.bytedeco.pytorch.global.torch.make_generator_cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A source of random numbers on the CPU whose state is bytes that can be stored. Draws do not
 * depend on the device that the result is used on.
 */
public final class RandomState implements AutoCloseable {
  private final Generator generator;

  public RandomState(long seed) {
    generator = NativeScope.keep(make_generator_cpu(seed));
  }

  /** What the library's random operations take as their last argument. */
  public GeneratorOptional generator() {
    return new GeneratorOptional(generator);
  }

  /** Uniform numbers in [low, high), float32. */
  public Tensor uniform(double low, double high, long... shape) {
    return zeros(shape).uniform_(low, high, generator());
  }

  /** Normal numbers, float32. */
  public Tensor normal(double mean, double standardDeviation, long... shape) {
    return zeros(shape).normal_(mean, standardDeviation, generator());
  }

  /** The whole state: with {@link #restore} it gives the same numbers again. */
  public byte[] save() {
    try (var _ = NativeScope.open()) {
      return Tensors.memory(generator.get_state()).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  public void restore(byte[] state) {
    try (var _ = NativeScope.open()) {
      Tensor bytes = generator.get_state().clone();
      if (bytes.numel() != state.length) {
        throw new IllegalArgumentException(
            "random state of %d bytes, expected %d".formatted(state.length, bytes.numel()));
      }
      Tensors.memory(bytes).copyFrom(MemorySegment.ofArray(state));
      generator.set_state(bytes);
    }
  }

  @Override
  public void close() {
    generator.close();
  }

  private static Tensor zeros(long... shape) {
    return org.bytedeco.pytorch.global.torch.zeros(shape, Tensors.options(ScalarType.Float));
  }
}
