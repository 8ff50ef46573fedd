package io.github.drprune.prune;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongToDoubleFunction;
import java.util.stream.LongStream;

/**
 * Says early when a run will end away from its target shape, for one of two reasons. A module that
 * has not met its target yet may be too slow: the logit of its expected sparsity is close to linear
 * in the distance that log alphas travel, which the learning rate sets, so a line through the
 * recent past is drawn to the end of the run. A module that has met it swings around it, because
 * the multipliers overshoot, and needs some more travel until it stays.
 */
public final class ShapeForecast {
  /** The share of the run after which warnings may come. */
  private static final double FROM = 0.3;

  /** The share of the run that the line is fitted to. */
  private static final double WINDOW = 0.1;

  private static final int SMALLEST_WINDOW = 5;

  /** A swing, relative to the target, that will not have died away of itself. */
  private static final double SWING = 0.1;

  /**
   * What log alphas travel from their first meeting with the target until swings are small: runs
   * that had 78 of it left arrived, and of those with 50 most missed.
   */
  private static final double SETTLING = 65;

  /** Where a module stood: how far log alphas had travelled, and the share of units it kept. */
  public record Point(double travelled, double kept) {
    /** Of the sparsity; infinite where all is kept. */
    double logit() {
      return Math.log((1 - kept) / kept);
    }
  }

  /**
   * All that was noted, for a run that goes on.
   *
   * @param ahead how far log alphas can still go; null before the first step
   */
  public record State(
      Map<String, List<Point>> history,
      Set<String> met,
      Set<String> warned,
      double travelled,
      Double ahead) {
    public State {
      history = Map.copyOf(history);
      met = Set.copyOf(met);
      warned = Set.copyOf(warned);
    }
  }

  private final SparsitySchedule schedule;
  private final long steps;
  private final LongToDoubleFunction learningRate;
  private final int window;
  private final Map<String, List<Point>> history = new TreeMap<>();
  private final Set<String> met = new TreeSet<>();
  private final Set<String> warned = new TreeSet<>();

  /** How far log alphas can have gone so far, and can still go. */
  private double travelled;

  private double ahead;
  private boolean begun;

  /**
   * @param steps of the run
   * @param learningRate of the masks at a step
   */
  public ShapeForecast(SparsitySchedule schedule, long steps, LongToDoubleFunction learningRate) {
    this.schedule = schedule;
    this.steps = steps;
    this.learningRate = learningRate;
    this.window = Math.max(SMALLEST_WINDOW, (int) Math.round(WINDOW * steps));
  }

  /** What {@link #restore} goes on from. */
  public State state() {
    Map<String, List<Point>> points = new TreeMap<>();
    history.forEach((module, recent) -> points.put(module, List.copyOf(recent)));
    return new State(points, met, warned, travelled, begun ? ahead : null);
  }

  /** Goes on where {@code state} was taken. */
  public void restore(State state) {
    history.clear();
    state.history().forEach((module, recent) -> history.put(module, new ArrayList<>(recent)));
    met.clear();
    met.addAll(state.met());
    warned.clear();
    warned.addAll(state.warned());
    travelled = state.travelled();
    begun = state.ahead() != null;
    ahead = begun ? state.ahead() : 0;
  }

  /**
   * Takes note of where the masks are after {@code step}, to be called for every step.
   *
   * @return a warning, once for each module, when it is not going to end near its target
   */
  public Optional<String> observe(long step, ShapeReport report) {
    List<String> found = new ArrayList<>();
    if (!begun) {
      begun = true;
      ahead = LongStream.rangeClosed(step, steps).mapToDouble(learningRate).sum();
      if (schedule.warmup() > steps) {
        found.add(
            "the target rises over %d steps and the run has %d: lower the sparsity warmup"
                .formatted(schedule.warmup(), steps));
      }
    }
    travelled += learningRate.applyAsDouble(step);
    ahead -= learningRate.applyAsDouble(step);
    for (ShapeReport.Gap gap : report.gaps()) {
      Optional<String> warning = judge(step, gap);
      if (warning.isPresent() && warned.add(gap.part())) {
        found.add(warning.get());
      }
    }
    return found.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "the masks will miss the target in %d steps: ".formatted(steps)
                + String.join("; ", found));
  }

  private Optional<String> judge(long step, ShapeReport.Gap gap) {
    if (gap.relative() <= ShapeReport.TOLERANCE) {
      met.add(gap.part());
    }
    double kept = gap.expected() / gap.units();
    List<Point> points = history.computeIfAbsent(gap.part(), _ -> new ArrayList<>());
    points.add(new Point(travelled, kept));
    if (points.size() > window) {
      points.removeFirst();
    }
    if (step < FROM * steps || points.size() < SMALLEST_WINDOW) {
      return Optional.empty();
    }
    return met.contains(gap.part()) ? swing(step, gap) : pace(gap, points);
  }

  private Optional<String> pace(ShapeReport.Gap gap, List<Point> points) {
    double logit = points.getLast().logit() + slope(points) * ahead;
    double expected = gap.units() / (1 + Math.exp(logit));
    if (expected <= gap.target() * (1 + ShapeReport.TOLERANCE)) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%s %s %s and at this pace %s at the end, target %s%s (take more steps or raise the"
                + " mask learning rate)",
            gap.part(),
            gap.isSparsity() ? "is" : "keeps",
            gap.now(),
            gap.size(expected),
            gap.wanted(),
            gap.furthest()));
  }

  private Optional<String> swing(long step, ShapeReport.Gap gap) {
    double sparsity = schedule.at(step, 1 - gap.target() / gap.units());
    double current = gap.units() * (1 - sparsity);
    // Between what is asked for now and at the end the target comes to the masks.
    double nearest =
        Math.clamp(
            gap.expected(), Math.min(gap.target(), current), Math.max(gap.target(), current));
    double away = gap.expected() / nearest - 1;
    if (Math.abs(away) <= SWING || ahead >= SETTLING) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%s swings around its target, %s for %s%s (take more steps)",
            gap.part(),
            gap.now(),
            gap.size(nearest),
            gap.furthest()));
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
