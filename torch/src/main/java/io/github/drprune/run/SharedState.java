package io.github.drprune.run;

import io.github.drprune.config.Sharding;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.TensorShape;
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
 * @param perCopy processes that hold a copy of all together
 */
public record SharedState(
    long blocks, long largestBlock, long others, Sharding sharding, int processes, int perCopy) {
  /** Blocks whose weights, and whose gradients, are there at once with {@link Sharding#FULL}. */
  private static final int FETCHED = 2;

  private static final int MOMENTS = 2;

  /** Bytes that a process held beyond one by itself where both had all of the state. */
  private static final long CONNECTIONS = 70_000_000;

  private static final int MOST_PROCESSES = 1024;

  /**
   * Of a run of {@code processes} with a model of {@code spec}.
   *
   * @param perCopy processes that hold a copy of all together
   */
  public static SharedState of(ModelSpec spec, Sharding sharding, int processes, int perCopy) {
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
    return new SharedState(blocks, largest, others, sharding, processes, perCopy);
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
    return new SharedState(blocks, largestBlock, others, other, count, other.perCopy(count, count));
  }

  /** Part of the optimizer's update that a process does. */
  public double shareOfUpdate() {
    return 1.0 / perCopy;
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
            : Stream.of(Sharding.NONE, Sharding.OPTIMIZER, Sharding.FULL)
                .map(other -> with(other, processes));
    Stream<SharedState> more =
        Stream.iterate(2, count -> count <= MOST_PROCESSES, count -> 2 * count)
            .filter(count -> count > processes)
            .map(count -> with(Sharding.FULL, count));
    return Stream.concat(others, more).filter(state -> state.bytes() <= bytes).findFirst();
  }

  /**
   * Bytes of weights, gradients and moments in each process, at most. Where blocks are fetched all
   * weights are there at the beginning, and in the first process at the end.
   */
  public long bytes() {
    long all = blocks + others;
    if (perCopy == 1) {
      return Float.BYTES * (2 + MOMENTS) * all;
    }
    if (!sharding.fetchesBlocks()) {
      return Float.BYTES * (2 * all + share(MOMENTS * all));
    }
    long loaded = all + share(all);
    long besideBlocks = 2 * others + share(MOMENTS * others);
    long learning = share((2 + MOMENTS) * blocks) + besideBlocks + 2 * FETCHED * largestBlock;
    long assembled = blocks + besideBlocks;
    return Float.BYTES * Math.max(loaded, Math.max(learning, assembled));
  }

  /** Bytes that a process needs beside {@link #bytes()} to talk to others, as measured. */
  public long bytesOfConnections() {
    return processes == 1 ? 0 : CONNECTIONS;
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
          case NONE -> besideOwn(2 * all, processes);
          case OPTIMIZER -> besideOwn(3 * all, processes);
          case FULL, HYBRID ->
              besideOwn(passes * 4 * blocks + 3 * others, perCopy)
                  + besideOwn(2 * share(all), processes / perCopy);
        };
    return Float.BYTES * numbers;
  }

  /** What of {@code numbers} goes around a ring of {@code size} processes from each of them. */
  private static long besideOwn(long numbers, int size) {
    return numbers - share(numbers, size);
  }

  private long share(long numbers) {
    return share(numbers, perCopy);
  }

  private static long share(long numbers, int size) {
    return (numbers + size - 1) / size;
  }
}
