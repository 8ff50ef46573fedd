package io.github.drprune.tasks.python;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Python's {@code random.Random}, number for number: the Mersenne Twister MT19937 (Matsumoto and
 * Nishimura 1998) and what Python's library makes of its output.
 */
public final class PythonRandom {
  private static final int SIZE = 624;
  private static final int MIDDLE = 397;
  private static final int MATRIX = 0x9908b0df;

  private final int[] state = new int[SIZE];
  private int next = SIZE;

  /** As {@code random.Random(seed)} begins. */
  public PythonRandom(long seed) {
    seed(Math.abs(seed));
  }

  /** The reference's {@code init_by_array}, with the words of the seed as the key. */
  private void seed(long magnitude) {
    int high = (int) (magnitude >>> Integer.SIZE);
    int[] key = high == 0 ? new int[] {(int) magnitude} : new int[] {(int) magnitude, high};
    state[0] = 19650218;
    for (int i = 1; i < SIZE; i++) {
      state[i] = 1812433253 * (state[i - 1] ^ state[i - 1] >>> 30) + i;
    }
    int at = 1;
    for (int i = 0; i < SIZE; i++) {
      int word = i % key.length;
      state[at] = (state[at] ^ (state[at - 1] ^ state[at - 1] >>> 30) * 1664525) + key[word] + word;
      at = following(at);
    }
    for (int i = 0; i < SIZE - 1; i++) {
      state[at] = (state[at] ^ (state[at - 1] ^ state[at - 1] >>> 30) * 1566083941) - at;
      at = following(at);
    }
    state[0] = 0x80000000;
  }

  private int following(int at) {
    if (at + 1 < SIZE) {
      return at + 1;
    }
    state[0] = state[SIZE - 1];
    return 1;
  }

  private int word() {
    if (next == SIZE) {
      for (int i = 0; i < SIZE; i++) {
        int y = state[i] & 0x80000000 | state[(i + 1) % SIZE] & 0x7fffffff;
        state[i] = state[(i + MIDDLE) % SIZE] ^ y >>> 1 ^ ((y & 1) == 0 ? 0 : MATRIX);
      }
      next = 0;
    }
    int y = state[next++];
    y ^= y >>> 11;
    y ^= y << 7 & 0x9d2c5680;
    y ^= y << 15 & 0xefc60000;
    return y ^ y >>> 18;
  }

  /** The next of Python's {@code random()}, in [0, 1). */
  public double random() {
    long high = word() >>> 5;
    long low = word() >>> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
  }

  /** The next whole number in [0, {@code bound}), as {@code randrange} draws it. */
  public int below(int bound) {
    if (bound < 1) {
      throw new IllegalArgumentException("nothing is below " + bound);
    }
    int unused = Integer.numberOfLeadingZeros(bound);
    int drawn = word() >>> unused;
    // A bound of 2^31 bits cannot be: drawn is never negative.
    while (drawn >= bound) {
      drawn = word() >>> unused;
    }
    return drawn;
  }

  /**
   * Python's {@code sample}: {@code count} different elements in the order of their drawing.
   *
   * @throws IllegalArgumentException if there are fewer
   */
  public <T> List<T> sample(List<T> population, int count) {
    int size = population.size();
    if (count < 0 || count > size) {
      throw new IllegalArgumentException("%d of %d elements".formatted(count, size));
    }
    List<T> drawn = new ArrayList<>(count);
    if (size <= largestPool(count)) {
      List<T> pool = new ArrayList<>(population);
      for (int i = 0; i < count; i++) {
        int at = below(size - i);
        drawn.add(pool.get(at));
        pool.set(at, pool.get(size - i - 1));
      }
    } else {
      Set<Integer> taken = new HashSet<>();
      while (drawn.size() < count) {
        int at = below(size);
        if (taken.add(at)) {
          drawn.add(population.get(at));
        }
      }
    }
    return drawn;
  }

  /** Up to where Python copies the population: what a set of the drawn ones would take. */
  private static double largestPool(int count) {
    return count <= 5 ? 21 : 21 + Math.pow(4, Math.ceil(Math.log(count * 3) / Math.log(4)));
  }

  /** Fills {@code indices} with Python's {@code choices} of a population of {@code size}. */
  public void choices(int size, int[] indices) {
    for (int i = 0; i < indices.length; i++) {
      indices[i] = (int) (random() * size);
    }
  }
}
