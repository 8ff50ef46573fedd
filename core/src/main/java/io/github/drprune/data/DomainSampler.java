package io.github.drprune.data;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Decides which sequence comes next. Sequence {@code k} of the run draws its domain from the
 * weights of the moment with random bits that depend on (seed, k) alone, and takes the next row of
 * that domain's current epoch, a random permutation of its rows. Every process runs the same
 * sampler over the whole batch and takes its own rows of it.
 */
public final class DomainSampler {
  private final long[] sizes;
  private final long seed;
  private final long[] drawn;
  private long sequence;

  /**
   * @param sizes sequences of each domain's training split, 1 or more
   */
  public DomainSampler(long[] sizes, SamplerState state) {
    if (sizes.length == 0 || LongStream.of(sizes).anyMatch(size -> size < 1)) {
      throw new IllegalArgumentException("every domain needs at least one sequence");
    }
    if (state.drawn().size() != sizes.length) {
      throw new IllegalArgumentException(
          "the sampler's state has %d domains, the data %d; resume with the data the run began with"
              .formatted(state.drawn().size(), sizes.length));
    }
    this.sizes = sizes.clone();
    this.seed = state.seed();
    this.sequence = state.sequence();
    this.drawn = state.drawn().stream().mapToLong(Long::longValue).toArray();
  }

  /**
   * Draws the next {@code count} sequences of the run.
   *
   * @param weights of each domain; they need not add up to one, zero excludes a domain
   */
  public List<Draw> next(int count, double[] weights) {
    double total = total(weights);
    var draws = new ArrayList<Draw>(count);
    for (int i = 0; i < count; i++) {
      int domain = choose(CounterRandom.uniform(seed, sequence) * total, weights);
      draws.add(new Draw(sequence, domain, row(domain, drawn[domain])));
      drawn[domain]++;
      sequence++;
    }
    return draws;
  }

  /** Where the sampler stands. */
  public SamplerState state() {
    return new SamplerState(seed, sequence, LongStream.of(drawn).boxed().toList());
  }

  /** Epochs of each domain begun so far, fractional: sequences drawn over sequences there are. */
  public double[] epochs() {
    var epochs = new double[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      epochs[i] = (double) drawn[i] / sizes[i];
    }
    return epochs;
  }

  private long row(int domain, long draw) {
    long epoch = draw / sizes[domain];
    long key = CounterRandom.bits(CounterRandom.bits(seed, domain), ~epoch);
    return new Permutation(sizes[domain], key).apply(draw % sizes[domain]);
  }

  private double total(double[] weights) {
    if (weights.length != sizes.length) {
      throw new IllegalArgumentException(
          "%d weights for %d domains".formatted(weights.length, sizes.length));
    }
    double total = 0;
    for (double weight : weights) {
      if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException("a domain's weight is " + weight);
      }
      total += weight;
    }
    if (!(total > 0)) {
      throw new IllegalArgumentException("all domain weights are 0");
    }
    return total;
  }

  private static int choose(double point, double[] weights) {
    int chosen = -1;
    double cumulative = 0;
    for (int i = 0; i < weights.length; i++) {
      cumulative += weights[i];
      if (weights[i] > 0) {
        chosen = i;
        if (point < cumulative) {
          return i;
        }
      }
    }
    // Rounding can leave the point at the very end: it belongs to the last domain with a weight.
    return chosen;
  }
}
