package io.github.drprune.run;

import io.github.drprune.config.Sharding;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.TensorShape;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What each of several processes holds of what a run learns and what it sends, by count. Weights,
 * gradients and both moments are float32; masks are few and left out.
 *
 * @param blocks parameters of all blocks
 * @param largestBlock parameters of the largest of them
 * @param others parameters of what belongs to no block
 */
public record SharedState(
    long blocks, long largestBlock, long others, Sharding sharding, int processes) {
  /** Blocks whose weights, and whose gradients, are there at once with {@link Sharding#FULL}. */
  private static final int FETCHED = 2;

  private static final int MOMENTS = 2;
  private static final int MOST_PROCESSES = 1024;

  /** Of a run of {@code processes} with a model of {@code spec}. */
  public static SharedState of(ModelSpec spec, Sharding sharding, int processes) {
    long[] layers = new long[spec.layers()];
    long others = 0;
    for (TensorShape tensor : spec.tensors().values()) {
      if (tensor.layer() >= 0) {
        layers[tensor.layer()] += tensor.elements();
      } else {
        others += tensor.elements();
      }
    }
    long blocks = 0;
    long largest = 0;
    for (long layer : layers) {
      blocks += layer;
      largest = Math.max(largest, layer);
    }
    return new SharedState(blocks, largest, others, sharding, processes);
  }

  /** The same in one process. */
  public SharedState alone() {
    return with(Sharding.NONE, 1);
  }

  /** The sharding as its key names it. */
  String name() {
    return sharding.name().toLowerCase(Locale.ROOT);
  }

  private SharedState with(Sharding other, int count) {
    return new SharedState(blocks, largestBlock, others, other, count);
  }

  /** Part of the optimizer's update that a process does. */
  public double shareOfUpdate() {
    return sharding == Sharding.NONE ? 1 : 1.0 / processes;
  }

  /**
   * What holds less in each process, the least change first: another sharding, or the most of it
   * with more processes.
   *
   * @param bytes that each has
   */
  public Optional<SharedState> fitting(long bytes) {
    Stream<SharedState> others =
        processes == 1
            ? Stream.empty()
            : Arrays.stream(Sharding.values()).map(other -> with(other, processes));
    Stream<SharedState> more =
        Stream.iterate(2, count -> count <= MOST_PROCESSES, count -> 2 * count)
            .filter(count -> count > processes)
            .map(count -> with(Sharding.FULL, count));
    return Stream.concat(others, more).filter(state -> state.bytes() <= bytes).findFirst();
  }

  /**
   * Bytes of weights, gradients and moments in each process, at most. With {@link Sharding#FULL}
   * all weights are there at the beginning, and in the first process at the end.
   */
  public long bytes() {
    long all = blocks + others;
    long numbers =
        switch (sharding) {
          case NONE -> (2 + MOMENTS) * all;
          case OPTIMIZER -> 2 * all + share(MOMENTS * all);
          case FULL ->
              processes == 1
                  ? (2 + MOMENTS) * all
                  : Math.max(
                      share((2 + MOMENTS) * blocks)
                          + 2 * others
                          + share(MOMENTS * others)
                          + 2 * FETCHED * largestBlock,
                      all + share(all));
        };
    return Float.BYTES * numbers;
  }

  /**
   * Bytes that a process sends in a step: a sum goes around a ring twice, what is gathered once.
   *
   * @param passes micro-batches of a process in a step
   */
  public long bytesSent(long passes) {
    long all = blocks + others;
    long numbers =
        switch (sharding) {
          case NONE -> 2 * all;
          case OPTIMIZER -> 3 * all;
          case FULL -> passes * 4 * blocks + 3 * others;
        };
    return Float.BYTES * (numbers - share(numbers));
  }

  private long share(long numbers) {
    return (numbers + processes - 1) / processes;
  }
}
