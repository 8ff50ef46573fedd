package io.github.drprune.tasks.metric;

import io.github.drprune.tasks.python.PythonRandom;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Draws documents with replacement, the same ones as the harness. */
final class Bootstrap {
  /** Draws from a seed: the chunks of draws have the seeds 0, 1, 2 and so on. */
  private static final int CHUNK = 1000;

  private Bootstrap() {}

  /** The value of {@code aggregation} on each of {@code draws} drawn sets of {@code items}. */
  static double[] replicates(Aggregation aggregation, double[][] items, int draws) {
    int chunk = Math.min(CHUNK, draws);
    return IntStream.range(0, draws / chunk)
        .parallel()
        .mapToObj(seed -> chunk(aggregation, items, chunk, seed))
        .flatMapToDouble(Arrays::stream)
        .toArray();
  }

  private static double[] chunk(Aggregation aggregation, double[][] items, int draws, int seed) {
    var random = new PythonRandom(seed);
    var indices = new int[items.length];
    var drawn = new double[items.length][];
    var values = new double[draws];
    for (int i = 0; i < draws; i++) {
      random.choices(items.length, indices);
      for (int j = 0; j < drawn.length; j++) {
        drawn[j] = items[indices[j]];
      }
      values[i] = aggregation.of(drawn);
    }
    return values;
  }
}
