package io.github.drprune.run;

import io.github.drprune.config.Sharding;
import io.github.drprune.libtorch.Precision;
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
   * Bytes of weights, gradients and moments in the first process, at most: where blocks are fetched
   * it has all weights at the beginning, when it shares them out, and at the end.
   */
  public long bytes() {
    if (!fetchesBlocks()) {
      return bytesOfAnother();
    }
    long whole = blocks + besideBlocks() + largestBlock;
    return Math.max(Float.BYTES * whole, bytesOfAnother());
  }

  /** The same in any other process. */
  public long bytesOfAnother() {
    long all = blocks + others;
    if (perCopy == 1) {
      return Float.BYTES * (2 + MOMENTS) * all;
    }
    if (!fetchesBlocks()) {
      return Float.BYTES * (2 * all + share(MOMENTS * all));
    }
    long ofBlocks = share((2 + MOMENTS) * blocks) + 2 * FETCHED * largestBlock;
    return Float.BYTES * (ofBlocks + besideBlocks());
  }

  /** Whether a process has the weights of a block only while it computes with them. */
  public boolean fetchesBlocks() {
    return perCopy > 1 && sharding.fetchesBlocks();
  }

  /** Numbers of what belongs to no block. */
  private long besideBlocks() {
    return 2 * others + share(MOMENTS * others);
  }

  /** Bytes that a process needs beside {@link #bytes()} to talk to others, as measured. */
  public long bytesOfConnections() {
    return processes == 1 ? 0 : CONNECTIONS;
  }

  /**
   * Bytes that a process sends in a step, where each is on a machine of its own: a sum goes around
   * a ring twice, slices are added up and gathered once.
   *
   * @param passes micro-batches of a process in a step
   * @param computed type in which blocks are fetched, for a forward and for a backward pass
   */
  public long bytesSent(long passes, Precision computed) {
    long all = blocks + others;
    return switch (sharding) {
      case NONE, OPTIMIZER -> besideOwn(Float.BYTES * 2 * all, processes);
      case FULL, HYBRID -> {
        long fetched = 2 * computed.bytes() * blocks;
        long summed = Float.BYTES * blocks;
        yield besideOwn(passes * (fetched + summed) + Float.BYTES * 2 * others, perCopy)
            + besideOwn(Float.BYTES * 2 * share(all), processes / perCopy);
      }
    };
  }

  /** What of {@code bytes} goes around a ring of {@code size} processes from each of them. */
  private static long besideOwn(long bytes, int size) {
    return bytes - share(bytes, size);
  }

  private long share(long numbers) {
    return share(numbers, perCopy);
  }

  private static long share(long numbers, int size) {
    return (numbers + size - 1) / size;
  }
}
