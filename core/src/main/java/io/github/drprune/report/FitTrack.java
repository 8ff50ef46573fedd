package io.github.drprune.report;

import io.github.drprune.run.RunEvent;
import io.github.drprune.scaling.ScalingLaw;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The variables of a domain's fitted curve along the run: the domain's tokens, as its weights make
 * them on average, and the expected sparsity.
 */
final class FitTrack {
  private static final int POINTS = 400;

  private record Point(long x, Map<String, Double> domainTokens, double sparsity) {}

  private final List<Point> points = new ArrayList<>();
  private final Map<String, Double> domainTokens = new LinkedHashMap<>();
  private Map<String, Double> weights = Map.of();
  private long x;
  private int every = 1;
  private int skipped;

  /** Goes on to {@code x} with the weights in force; waits for them where there are none yet. */
  void advance(long x) {
    if (weights.isEmpty()) {
      return;
    }
    long passed = Math.max(0, x - this.x);
    weights.forEach((domain, weight) -> domainTokens.merge(domain, weight * passed, Double::sum));
    this.x = Math.max(this.x, x);
  }

  /** The weights from here on. */
  void weights(Map<String, Double> weights) {
    this.weights = weights;
  }

  /** Notes a point of the curves: an evaluation. */
  void mark(long x, double sparsity) {
    if (++skipped < every) {
      return;
    }
    skipped = 0;
    points.add(new Point(x, new LinkedHashMap<>(domainTokens), sparsity));
    if (points.size() > POINTS) {
      for (int i = points.size() - 2; i >= 0; i -= 2) {
        points.remove(i);
      }
      every *= 2;
    }
  }

  /** The domain's scaling law at the points marked, where it is defined. */
  ThinnedSeries.Points curve(String domain, RunEvent.Fit fit) {
    double beta = fit.beta() == null ? 0 : fit.beta();
    var law = new ScalingLaw(fit.a(), fit.alpha(), beta, fit.e());
    var xs = new ArrayList<Long>();
    var ys = new ArrayList<Double>();
    for (var point : points) {
      double n = point.domainTokens.getOrDefault(domain, 0.0);
      double y = law.loss(n, point.sparsity);
      if (n > 0 && Double.isFinite(y)) {
        xs.add(point.x);
        ys.add(Figures.rounded(y));
      }
    }
    return new ThinnedSeries.Points(xs, ys);
  }
}
