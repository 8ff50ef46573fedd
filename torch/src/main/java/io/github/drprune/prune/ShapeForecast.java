package io.github.drprune.prune;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongToDoubleFunction;

/**
 * Says early when a run will end away from its target shape. While masks have not met their target
 * yet, the logit of the expected sparsity is close to linear in the distance that log alphas have
 * travelled, which the learning rate sets; a line through the recent past is drawn to the end of
 * the run.
 */
public final class ShapeForecast {
  /** The share of the run after which warnings may come. */
  private static final double FROM = 0.3;

  /** The share of the run that the line is fitted to. */
  private static final double WINDOW = 0.1;

  private static final int SMALLEST_WINDOW = 5;

  private record Point(double travelled, double logit) {}

  private final MaskSet masks;
  private final SparsitySchedule schedule;
  private final long steps;
  private final LongToDoubleFunction learningRate;
  private final Map<MaskModule, List<Point>> history = new EnumMap<>(MaskModule.class);
  private final Set<MaskModule> settled = EnumSet.noneOf(MaskModule.class); // met, or warned of
  private double travelled;
  private boolean begun;

  /**
   * @param steps of the run
   * @param learningRate of the masks at a step, in any unit
   */
  public ShapeForecast(
      MaskSet masks, SparsitySchedule schedule, long steps, LongToDoubleFunction learningRate) {
    this.masks = masks;
    this.schedule = schedule;
    this.steps = steps;
    this.learningRate = learningRate;
  }

  /**
   * Takes note of the masks after {@code step}, to be called for every step.
   *
   * @return a warning, once for each module, when it is not going to reach its target
   */
  public Optional<String> observe(long step) {
    travelled += learningRate.applyAsDouble(step);
    List<String> found = new ArrayList<>();
    if (!begun && schedule.warmup() > steps) {
      found.add(
          "the target rises over %d steps and the run has %d: lower the sparsity warmup"
              .formatted(schedule.warmup(), steps));
    }
    begun = true;
    for (ShapeReport.Gap gap : ShapeReport.of(masks).gaps()) {
      if (!settled.contains(gap.module())) {
        observe(step, gap).ifPresent(found::add);
      }
    }
    return found.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "step %d of %d: the masks will miss the target: ".formatted(step, steps)
                + String.join("; ", found));
  }

  private Optional<String> observe(long step, ShapeReport.Gap gap) {
    double kept = gap.expected() / gap.units();
    if (gap.relative() <= ShapeReport.TOLERANCE) {
      settled.add(gap.module()); // from here on the constraint pulls from both sides
      return Optional.empty();
    }
    List<Point> points = history.computeIfAbsent(gap.module(), _ -> new ArrayList<>());
    points.add(new Point(travelled, Math.log((1 - kept) / kept)));
    int window = Math.max(SMALLEST_WINDOW, (int) Math.round(WINDOW * steps));
    if (points.size() > window) {
      points.removeFirst();
    }
    if (step < FROM * steps || points.size() < SMALLEST_WINDOW) {
      return Optional.empty();
    }
    double logit = points.getLast().logit() + slope(points) * remaining(step);
    double expected = gap.units() / (1 + Math.exp(logit));
    if (expected <= gap.target() * (1 + ShapeReport.TOLERANCE)) {
      return Optional.empty();
    }
    settled.add(gap.module());
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%s keeps %.1f of %d now and at this pace %.1f at the end, target %d%s: take more steps"
                + " or raise the masks' learning rate",
            gap.module(),
            gap.expected(),
            gap.units(),
            expected,
            gap.target(),
            gap.furthest()));
  }

  /** What log alphas can still travel after {@code step}. */
  private double remaining(long step) {
    double sum = 0;
    for (long next = step + 1; next <= steps; next++) {
      sum += learningRate.applyAsDouble(next);
    }
    return sum;
  }

  /** Least squares. */
  private static double slope(List<Point> points) {
    double x = points.stream().mapToDouble(Point::travelled).average().orElseThrow();
    double y = points.stream().mapToDouble(Point::logit).average().orElseThrow();
    double covariance = 0;
    double variance = 0;
    for (Point point : points) {
      covariance += (point.travelled() - x) * (point.logit() - y);
      variance += (point.travelled() - x) * (point.travelled() - x);
    }
    return variance == 0 ? 0 : covariance / variance;
  }
}
