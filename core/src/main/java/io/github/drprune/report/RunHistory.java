package io.github.drprune.report;

import io.github.drprune.run.RunEvent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** A run's events in bounded memory: curves thinned as they come, the newest of everything else. */
final class RunHistory implements Consumer<RunEvent> {
  /** Series of every step: twice as many points as a wide screen has pixels for. */
  private static final int STEP_BUCKETS = 600;

  private static final int EVALUATION_BUCKETS = 400;
  private static final int TABLE_ROWS = 1000;
  private static final int WARNINGS = 200;

  /** The key of what concerns all prunable parameters together. */
  static final String ALL = "all";

  /** Curves by name, made at their first point. */
  private static final class Curves {
    private final Map<String, ThinnedSeries> byName = new LinkedHashMap<>();
    private final int buckets;

    Curves(int buckets) {
      this.buckets = buckets;
    }

    void add(String name, long x, Double y) {
      if (y != null) {
        byName.computeIfAbsent(name, key -> new ThinnedSeries(buckets)).add(x, y);
      }
    }

    void add(long x, Map<String, Double> values) {
      present(values).forEach((name, y) -> add(name, x, y));
    }

    ThinnedSeries.Points points(String name) {
      var series = byName.get(name);
      return series == null ? new ThinnedSeries.Points(List.of(), List.of()) : series.points();
    }

    Map<String, ThinnedSeries.Points> points() {
      var points = new LinkedHashMap<String, ThinnedSeries.Points>();
      byName.forEach((name, series) -> points.put(name, series.points()));
      return points;
    }

    void discardBeyond(long x) {
      byName.values().forEach(series -> series.discardBeyond(x));
      byName.values().removeIf(ThinnedSeries::isEmpty);
    }
  }

  private static final String LOSS = "loss";
  private static final String DISTILLATION = "distillation loss";
  private static final String SPEED = "tokens per second";
  private static final String RATE = "learning rate";
  private static final String NORM = "gradient norm";
  private static final String MEAN = "mean";
  private static final String WORST = "worst";

  private final Curves training = new Curves(STEP_BUCKETS);
  private final Curves trainingLoss = new Curves(STEP_BUCKETS);
  private final Curves heldOut = new Curves(EVALUATION_BUCKETS);
  private final Curves heldOutLoss = new Curves(EVALUATION_BUCKETS);
  private final Curves epochs = new Curves(EVALUATION_BUCKETS);
  private final Curves referenceLoss = new Curves(EVALUATION_BUCKETS);
  private final Curves excess = new Curves(EVALUATION_BUCKETS);
  private final Curves expected = new Curves(EVALUATION_BUCKETS);
  private final Curves target = new Curves(EVALUATION_BUCKETS);
  private final ThinnedTable weights = new ThinnedTable(TABLE_ROWS);
  private final ThinnedTable proportions = new ThinnedTable(TABLE_ROWS);
  private final FitTrack fitTrack = new FitTrack();
  private final Set<String> domains = new LinkedHashSet<>();
  private final List<RunEvent.Warning> warnings = new ArrayList<>();
  private long warningCount;
  private long step;
  private long tokens;
  private RunEvent.Start firstStart;
  private RunEvent.Start start;
  private RunEvent.Train lastTrain;
  private RunEvent.Evaluation before;
  private RunEvent.Evaluation now;
  private RunEvent.Weights firstWeights;
  private RunEvent.Weights lastWeights;
  private RunEvent.Masks masks;
  private RunEvent.Cut cut;
  private RunEvent.Done done;

  @Override
  public void accept(RunEvent event) {
    if (!(event instanceof RunEvent.Start)) {
      step = Math.max(step, event.step());
    }
    switch (event) {
      case RunEvent.Start e -> begin(e);
      case RunEvent.Train e -> train(e);
      case RunEvent.Evaluation e -> evaluate(e);
      case RunEvent.Weights e -> weigh(e);
      case RunEvent.Masks e -> mask(e);
      case RunEvent.Cut e -> cut = e;
      case RunEvent.Warning e -> warn(e);
      case RunEvent.Done e -> end(e);
    }
  }

  private void begin(RunEvent.Start e) {
    firstStart = firstStart == null ? e : firstStart;
    start = e;
    done = null;
    domains.addAll(e.domains() == null ? List.of() : e.domains());
    if (step > e.step()) {
      discardBeyond(e.step());
    }
    step = e.step();
  }

  /** A continuation repeats the steps after its checkpoint; what is there of them is void. */
  private void discardBeyond(long kept) {
    long x = xOf(kept);
    for (var curves :
        List.of(
            training,
            trainingLoss,
            heldOut,
            heldOutLoss,
            epochs,
            referenceLoss,
            excess,
            expected,
            target)) {
      curves.discardBeyond(x);
    }
    weights.discardBeyond(x);
    proportions.discardBeyond(x);
    tokens = Math.min(tokens, x);
    cut = null;
  }

  private void train(RunEvent.Train e) {
    long x = e.tokens();
    tokens = x;
    lastTrain = e;
    training.add(LOSS, x, e.loss());
    training.add(DISTILLATION, x, e.distillationLoss());
    training.add(SPEED, x, e.tokensPerSecond());
    training.add(RATE, x, e.learningRate());
    training.add(NORM, x, e.gradientNorm());
    trainingLoss.add(x, see(e.domainLoss()));
    expected.add(ALL, x, e.expectedSparsity());
    target.add(ALL, x, e.targetSparsity());
  }

  private void evaluate(RunEvent.Evaluation e) {
    before = before == null ? e : before;
    now = e;
    var losses = new LinkedHashMap<String, Double>();
    present(e.domains()).forEach((domain, result) -> losses.put(domain, result.loss()));
    heldOutLoss.add(e.tokens(), see(losses));
    heldOut.add(MEAN, e.tokens(), e.meanLoss());
    losses.values().stream()
        .max(Double::compare)
        .ifPresent(worst -> heldOut.add(WORST, e.tokens(), worst));
    epochs.add(e.tokens(), e.epochs());
    fitTrack.advance(e.tokens());
    boolean pruning = lastTrain != null && lastTrain.expectedSparsity() != null;
    fitTrack.mark(e.tokens(), pruning ? lastTrain.expectedSparsity() : 0);
  }

  private void weigh(RunEvent.Weights e) {
    long x = xOf(e.step());
    if (firstWeights == null) {
      firstWeights = e;
      fitTrack.weights(present(e.referenceProportion()));
    }
    lastWeights = e;
    fitTrack.advance(x);
    fitTrack.weights(see(e.weights()));
    weights.add(x, present(e.weights()));
    proportions.add(x, present(e.referenceProportion()));
    referenceLoss.add(x, e.referenceLoss());
    excess.add(x, e.excess());
  }

  private void mask(RunEvent.Masks e) {
    masks = e;
    long x = xOf(e.step());
    e.modules()
        .forEach(
            (module, state) -> {
              expected.add(module, x, state.expected());
              target.add(module, x, state.target());
            });
  }

  private void warn(RunEvent.Warning e) {
    warningCount++;
    warnings.add(e);
    if (warnings.size() > WARNINGS) {
      // The first warnings tell what went wrong, the last where it stands.
      warnings.remove(WARNINGS / 2);
    }
  }

  private void end(RunEvent.Done e) {
    done = e;
    tokens = Math.max(tokens, e.tokens());
  }

  private Map<String, Double> see(Map<String, Double> values) {
    var present = present(values);
    domains.addAll(present.keySet());
    return present;
  }

  private static <V> Map<String, V> present(Map<String, V> values) {
    if (values == null) {
      return Map.of();
    }
    var present = new LinkedHashMap<>(values);
    present.values().removeIf(value -> value == null);
    return present;
  }

  /** The training tokens after {@code step} steps. */
  private long xOf(long step) {
    if (lastTrain != null && lastTrain.step() == step) {
      return lastTrain.tokens();
    }
    return step * tokensPerStep();
  }

  long tokensPerStep() {
    if (start != null && start.tokensPerStep() > 0) {
      return start.tokensPerStep();
    }
    return lastTrain == null || lastTrain.step() == 0 ? 1 : lastTrain.tokens() / lastTrain.step();
  }

  long step() {
    return step;
  }

  /** Steps the run is to take; 0 when unknown. */
  long steps() {
    return start == null ? 0 : start.steps();
  }

  long tokens() {
    return tokens;
  }

  Collection<String> domains() {
    return domains;
  }

  /** The run's first start, or null. */
  RunEvent.Start start() {
    return firstStart;
  }

  RunEvent.Train lastTrain() {
    return lastTrain;
  }

  /** The first evaluation, or null. */
  RunEvent.Evaluation before() {
    return before;
  }

  /** The last evaluation, or null. */
  RunEvent.Evaluation now() {
    return now;
  }

  RunEvent.Weights firstWeights() {
    return firstWeights;
  }

  RunEvent.Weights lastWeights() {
    return lastWeights;
  }

  RunEvent.Masks masks() {
    return masks;
  }

  RunEvent.Cut cut() {
    return cut;
  }

  /** The end, or null while there is none. */
  RunEvent.Done done() {
    return done;
  }

  List<RunEvent.Warning> warnings() {
    return List.copyOf(warnings);
  }

  long warningCount() {
    return warningCount;
  }

  RunView.Training trainingView() {
    return new RunView.Training(
        training.points(LOSS),
        trainingLoss.points(),
        training.points(DISTILLATION),
        training.points(SPEED),
        training.points(RATE),
        training.points(NORM));
  }

  RunView.HeldOut heldOutView() {
    return new RunView.HeldOut(
        heldOut.points(MEAN), heldOut.points(WORST), heldOutLoss.points(), epochs.points());
  }

  RunView.Weighting weightingView() {
    var fits = new LinkedHashMap<String, RunView.FitView>();
    if (lastWeights != null) {
      present(lastWeights.fits())
          .forEach(
              (domain, fit) ->
                  fits.put(
                      domain,
                      new RunView.FitView(
                          fit, fitTrack.curve(domain, fit), steps() * tokensPerStep())));
    }
    return new RunView.Weighting(
        weights.rows(), proportions.rows(), referenceLoss.points(), excess.points(), fits);
  }

  RunView.Sparsity sparsityView() {
    var source = firstStart == null ? null : firstStart.source();
    return new RunView.Sparsity(expected.points(), target.points(), HeatMap.of(masks, cut, source));
  }
}
