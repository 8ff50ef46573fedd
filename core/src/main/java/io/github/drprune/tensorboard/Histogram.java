package io.github.drprune.tensorboard;

import java.util.ArrayList;
import java.util.List;

/**
 * Counts of values in [0, 1] in equal buckets, as TensorFlow's HistogramProto tells them.
 *
 * @param limits upper limit of each bucket
 */
record Histogram(
    double min,
    double max,
    double sum,
    double sumOfSquares,
    List<Double> limits,
    List<Double> counts) {
  private static final int BUCKETS = 30;

  /** {@code values} must not be empty. */
  static Histogram ofShares(List<Double> values) {
    var counts = new double[BUCKETS];
    for (double value : values) {
      counts[Math.clamp((int) (value * BUCKETS), 0, BUCKETS - 1)]++;
    }
    var limits = new ArrayList<Double>();
    var listed = new ArrayList<Double>();
    for (int i = 0; i < BUCKETS; i++) {
      limits.add((i + 1.0) / BUCKETS);
      listed.add(counts[i]);
    }
    var statistics = values.stream().mapToDouble(Double::doubleValue).summaryStatistics();
    double squares = values.stream().mapToDouble(value -> value * value).sum();
    return new Histogram(
        statistics.getMin(), statistics.getMax(), statistics.getSum(), squares, limits, listed);
  }

  double count() {
    return counts.stream().mapToDouble(Double::doubleValue).sum();
  }
}
