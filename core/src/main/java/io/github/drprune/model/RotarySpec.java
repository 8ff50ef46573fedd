package io.github.drprune.model;

import java.util.List;

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
    return frequencies(scaling);
  }

  /** As {@link #frequencies()}, in texts of more than {@link #longAfter} tokens. */
  public double[] longFrequencies() {
    return scaling instanceof Scaling.LongRope s ? frequencies(s.ofLongTexts()) : frequencies();
  }

  /** Texts of more tokens than this turn differently, at all their positions. */
  public int longAfter() {
    return scaling instanceof Scaling.LongRope s ? s.originalPositions() : Integer.MAX_VALUE;
  }

  private double[] frequencies(Scaling by) {
    var frequencies = new double[dims / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = by.apply(Math.pow(base, -2.0 * i / dims), i);
    }
    return frequencies;
  }

  /** A change of the frequencies that lengthens the context. */
  public sealed interface Scaling {
    /**
     * The frequency to use.
     *
     * @param plane its number, from 0
     */
    double apply(double frequency, int plane);

    /** What turned queries and keys are multiplied by. */
    default double attentionFactor() {
      return 1;
    }

    record None() implements Scaling {
      @Override
      public double apply(double frequency, int plane) {
        return frequency;
      }
    }

    /** All frequencies divided by {@code factor} (arXiv 2306.15595). */
    record Linear(double factor) implements Scaling {
      @Override
      public double apply(double frequency, int plane) {
        return frequency / factor;
      }
    }

    /**
     * A base that grows with texts longer than the model's context. Such texts are refused, and
     * within the context nothing changes.
     */
    record Dynamic(double factor) implements Scaling {
      @Override
      public double apply(double frequency, int plane) {
        return frequency;
      }
    }

    /** Llama 3.1's: long waves divided by {@code factor}, short ones kept, a ramp between. */
    record Llama3(double factor, double lowFactor, double highFactor, int originalPositions)
        implements Scaling {
      @Override
      public double apply(double frequency, int plane) {
        double turns = originalPositions * frequency / (2 * Math.PI);
        double kept = Math.clamp((turns - lowFactor) / (highFactor - lowFactor), 0.0, 1.0);
        return kept * frequency + (1 - kept) * frequency / factor;
      }
    }

    /**
     * YaRN (arXiv 2309.00071): planes up to {@code first} are kept, those from {@code last} on
     * divided by {@code factor}, a ramp between.
     */
    record Yarn(double factor, double first, double last, double attentionFactor, Ramp ramp)
        implements Scaling {
      /**
       * What the ramp was made from.
       *
       * @param fast turns in the original context from which on a plane is kept
       * @param slow turns below which a plane is slowed by the whole factor
       * @param truncate whether the ramp starts and ends at whole planes
       */
      public record Ramp(double fast, double slow, int originalPositions, boolean truncate) {}

      /** With the planes where the ramp starts and ends. */
      static Yarn of(double base, int dims, double factor, Ramp ramp, double attentionFactor) {
        double first = plane(ramp.fast(), base, dims, ramp.originalPositions());
        double last = plane(ramp.slow(), base, dims, ramp.originalPositions());
        if (ramp.truncate()) {
          first = Math.floor(first);
          last = Math.ceil(last);
        }
        first = Math.max(first, 0);
        last = Math.min(last, dims - 1);
        return new Yarn(factor, first, first == last ? last + 0.001 : last, attentionFactor, ramp);
      }

      /** The number, not whole, of the plane that makes so many turns. */
      private static double plane(double turns, double base, int dims, int positions) {
        return dims * Math.log(positions / (turns * 2 * Math.PI)) / (2 * Math.log(base));
      }

      @Override
      public double apply(double frequency, int plane) {
        double slowed = Math.clamp((plane - first) / (last - first), 0.0, 1.0);
        return frequency / factor * slowed + frequency * (1 - slowed);
      }
    }

    /**
     * LongRoPE (arXiv 2402.13753): every plane divided by a factor of its own, another one in texts
     * longer than the original context.
     */
    record LongRope(
        List<Double> shortFactors,
        List<Double> longFactors,
        int originalPositions,
        double attentionFactor)
        implements Scaling {
      public LongRope {
        shortFactors = List.copyOf(shortFactors);
        longFactors = List.copyOf(longFactors);
      }

      private LongRope ofLongTexts() {
        return new LongRope(longFactors, longFactors, originalPositions, attentionFactor);
      }

      @Override
      public double apply(double frequency, int plane) {
        return frequency / shortFactors.get(plane);
      }
    }
  }
}
