package io.github.drprune.data;

/**
 * A random permutation of [0, size) in constant memory: a balanced Feistel network over the
 * smallest even number of bits that holds the size, walked until it lands inside (Black and
 * Rogaway, "Ciphers with Arbitrary Finite Domains", 2002). Fewer than four steps are expected.
 */
final class Permutation {
  private static final int ROUNDS = 8;

  private final long size;
  private final long key;
  private final int halfBits;
  private final long halfMask;

  Permutation(long size, long key) {
    if (size < 1) {
      throw new IllegalArgumentException("size is %d, must be at least 1".formatted(size));
    }
    this.size = size;
    this.key = key;
    int bits = Long.SIZE - Long.numberOfLeadingZeros(size - 1);
    this.halfBits = Math.max(1, (bits + 1) / 2);
    this.halfMask = (1L << halfBits) - 1;
  }

  /** Where {@code index} goes. */
  long apply(long index) {
    if (index < 0 || index >= size) {
      throw new IndexOutOfBoundsException("%d of %d".formatted(index, size));
    }
    long image = index;
    do {
      image = network(image);
    } while (image >= size);
    return image;
  }

  private long network(long value) {
    long left = value >>> halfBits;
    long right = value & halfMask;
    for (int round = 0; round < ROUNDS; round++) {
      long mixed = left ^ (CounterRandom.bits(key + round, right) & halfMask);
      left = right;
      right = mixed;
    }
    return left << halfBits | right;
  }
}
