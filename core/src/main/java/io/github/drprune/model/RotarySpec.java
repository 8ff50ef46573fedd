package io.github.drprune.model;

/**
 * Rotary position embedding (arXiv 2104.09864).
 *
 * @param base of the geometric series of wavelengths
 * @param dims how many of a head's dimensions turn, even
 */
public record RotarySpec(double base, int dims, Scaling scaling) {
  public RotarySpec {
    if (base <= 0 || dims < 0 || dims % 2 != 0) {
      throw new IllegalArgumentException(
          "rotary base %s must be positive and dimensions %d even".formatted(base, dims));
    }
  }

  /** Turns per position, in radians, for each of the {@code dims / 2} planes. */
  public double[] frequencies() {
    var frequencies = new double[dims / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = scaling.apply(Math.pow(base, -2.0 * i / dims));
    }
    return frequencies;
  }

  /** A change of the frequencies that lengthens the context. */
  public sealed interface Scaling {
    double apply(double frequency);

    record None() implements Scaling {
      @Override
      public double apply(double frequency) {
        return frequency;
      }
    }

    /** All frequencies divided by {@code factor} (arXiv 2306.15595). */
    record Linear(double factor) implements Scaling {
      @Override
      public double apply(double frequency) {
        return frequency / factor;
      }
    }

    /** Llama 3.1's: long waves divided by {@code factor}, short ones kept, a ramp between. */
    record Llama3(double factor, double lowFactor, double highFactor, int originalPositions)
        implements Scaling {
      @Override
      public double apply(double frequency) {
        double turns = originalPositions * frequency / (2 * Math.PI);
        double kept = Math.clamp((turns - lowFactor) / (highFactor - lowFactor), 0.0, 1.0);
        return kept * frequency + (1 - kept) * frequency / factor;
      }
    }
  }
}
