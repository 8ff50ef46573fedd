package io.github.drprune.data;

/**
 * Random bits that are a function of a key and a counter alone, so any draw can be made again
 * without those before it: two rounds of SplitMix64's finaliser (Steele et al. 2014, with
 * Stafford's constants) over key and counter.
 */
final class CounterRandom {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private CounterRandom() {}

  /** 64 random bits. */
  static long bits(long key, long counter) {
    return mix(mix(key + GOLDEN) + (counter + 1) * GOLDEN);
  }

  /** Uniform in [0, 1), a multiple of 2^-53. */
  static double uniform(long key, long counter) {
    return (bits(key, counter) >>> 11) * 0x1p-53;
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
