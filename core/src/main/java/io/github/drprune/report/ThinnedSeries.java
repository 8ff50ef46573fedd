package io.github.drprune.report;

import java.util.ArrayList;
import java.util.List;

/**
 * A curve of any length in bounded memory: consecutive points share a bucket, each bucket keeps its
 * lowest and its highest point, and buckets double when there are too many of them. No minimum or
 * maximum is ever lost, and a curve with no more points than buckets is kept as it is.
 */
final class ThinnedSeries {
  /** What is left of a curve: points in the order they were added. */
  record Points(List<Long> x, List<Double> y) {}

  private record Point(long order, long x, double y) {}

  /** A bucket's extremes; one point when both are the same. */
  private record Bucket(Point low, Point high) {
    static Bucket of(Point point) {
      return new Bucket(point, point);
    }

    Bucket and(Bucket other) {
      return new Bucket(
          other.low.y < low.y ? other.low : low, other.high.y > high.y ? other.high : high);
    }
  }

  private final int capacity;
  private final List<Bucket> buckets = new ArrayList<>();
  private long stride = 1;
  private long inLast;
  private long added;
  private Point last;

  /** At most {@code capacity} buckets, an even number, so up to twice as many points. */
  ThinnedSeries(int capacity) {
    if (capacity < 2 || capacity % 2 != 0) {
      throw new IllegalArgumentException("capacity must be even and at least 2, is " + capacity);
    }
    this.capacity = capacity;
  }

  /** Adds a point; one that is not finite is left out. */
  void add(long x, double y) {
    if (!Double.isFinite(y)) {
      return;
    }
    last = new Point(added++, x, y);
    if (!buckets.isEmpty() && inLast < stride) {
      buckets.set(buckets.size() - 1, buckets.getLast().and(Bucket.of(last)));
      inLast++;
      return;
    }
    if (buckets.size() == capacity) {
      merge();
    }
    buckets.add(Bucket.of(last));
    inLast = 1;
  }

  /** Forgets the points beyond {@code x}. */
  void discardBeyond(long x) {
    buckets.removeIf(bucket -> bucket.low.x > x && bucket.high.x > x);
    buckets.replaceAll(
        bucket ->
            bucket.low.x > x
                ? Bucket.of(bucket.high)
                : bucket.high.x > x ? Bucket.of(bucket.low) : bucket);
    inLast = stride;
    last = buckets.isEmpty() ? null : later(buckets.getLast());
  }

  boolean isEmpty() {
    return buckets.isEmpty();
  }

  /** The newest value; NaN where there is none. */
  double last() {
    return last == null ? Double.NaN : last.y;
  }

  /** The points kept: every bucket's extremes and the newest point. */
  Points points() {
    var x = new ArrayList<Long>();
    var y = new ArrayList<Double>();
    for (var bucket : buckets) {
      var first = bucket.low.order < bucket.high.order ? bucket.low : bucket.high;
      put(first, x, y);
      if (bucket.low.order != bucket.high.order) {
        put(later(bucket), x, y);
      }
    }
    if (last != null && later(buckets.getLast()).order != last.order) {
      put(last, x, y);
    }
    return new Points(x, y);
  }

  private static Point later(Bucket bucket) {
    return bucket.low.order > bucket.high.order ? bucket.low : bucket.high;
  }

  private static void put(Point point, List<Long> x, List<Double> y) {
    x.add(point.x);
    y.add(Figures.rounded(point.y));
  }

  private void merge() {
    for (int i = 0; i < capacity / 2; i++) {
      buckets.set(i, buckets.get(2 * i).and(buckets.get(2 * i + 1)));
    }
    buckets.subList(capacity / 2, capacity).clear();
    stride *= 2;
  }
}
