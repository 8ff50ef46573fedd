package io.github.drprune.weighting;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.github.drprune.config.DomainsConfig;
import io.github.drprune.error.UserException;
import io.github.drprune.model.ModelSummary;
import io.github.drprune.run.RunEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What a weighting would have done with the losses that a run logged. The losses are those of the
 * run as it was: another weighting would have changed them, so that a replay tells how settings
 * react, not what a model would have become.
 */
public final class Replay {
  private static final double ROUNDING = 1e-9;

  private final RunEvent.Start start;
  private final List<RunEvent> events;
  private final OptionalDouble finalSparsity;

  /**
   * @param events of the run
   * @param source where they were read, to begin errors with
   */
  public Replay(List<RunEvent> events, String source) {
    this.events = List.copyOf(events);
    var starts = events.stream().filter(RunEvent.Start.class::isInstance).toList();
    if (starts.isEmpty()) {
      throw new UserException(source + ": has no start event; is it a run's log?");
    }
    start = (RunEvent.Start) starts.getLast();
    if (start.domains() == null) {
      throw new UserException(source + ": its start event names no domains; is it a run's log?");
    }
    if (events.stream().noneMatch(Replay::setsWeights)) {
      throw new UserException(source + ": has no evaluation yet; replay needs one at least");
    }
    finalSparsity = finalSparsity();
  }

  /** Not of an evaluation before the first step: what a run begins with is not set by losses. */
  private static boolean setsWeights(RunEvent event) {
    return event instanceof RunEvent.Evaluation && event.step() > 0;
  }

  /** Empty where nothing is pruned; the log may end while the target still rises. */
  private OptionalDouble finalSparsity() {
    OptionalDouble logged =
        events.stream()
            .filter(RunEvent.Train.class::isInstance)
            .map(event -> ((RunEvent.Train) event).targetSparsity())
            .filter(sparsity -> sparsity != null)
            .mapToDouble(Double::doubleValue)
            .max();
    if (logged.isEmpty()) {
      return logged;
    }
    double asked = asked().orElse(logged.getAsDouble());
    // What was logged at the end is the target to the bit.
    return logged.getAsDouble() > asked - ROUNDING ? logged : OptionalDouble.of(asked);
  }

  /** Of the blocks' parameters, as the configuration or the target's shape says it. */
  private OptionalDouble asked() {
    ModelSummary target = start.target();
    ModelSummary source = start.source();
    if (hasBlocks(target) && hasBlocks(source)) {
      return OptionalDouble.of(1 - (double) target.blockParameters() / source.blockParameters());
    }
    JsonNode sparsity =
        start.config() == null
            ? MissingNode.getInstance()
            : start.config().path("target").path("sparsity");
    return sparsity.isNumber() ? OptionalDouble.of(sparsity.doubleValue()) : OptionalDouble.empty();
  }

  private static boolean hasBlocks(ModelSummary model) {
    return model != null && model.blockParameters() != null;
  }

  /**
   * The reference losses that the run took from its teacher and kept; empty where it had no teacher
   * or was given others, and where the log does not say them.
   */
  public Map<String, Double> teachersReferences() {
    JsonNode config = start.config();
    boolean given = config != null && !config.path("domains").path("reference_loss").isEmpty();
    if (config == null || !config.hasNonNull("distillation") || given) {
      return Map.of();
    }
    return logged(RunEvent.Weights::referenceLoss).findFirst().orElse(Map.of());
  }

  /** Figures by domain, of the lines that have them. */
  private Stream<Map<String, Double>> logged(
      Function<RunEvent.Weights, Map<String, Double>> figures) {
    return logged().stream()
        .map(figures)
        .filter(found -> found != null && found.values().stream().allMatch(Objects::nonNull));
  }

  /** The run's domains. */
  public List<String> domains() {
    return start.domains();
  }

  /** The run's last start, with its configuration. */
  public RunEvent.Start start() {
    return start;
  }

  /** The weights that the run itself logged. */
  public List<RunEvent.Weights> logged() {
    return events.stream()
        .filter(RunEvent.Weights.class::isInstance)
        .map(RunEvent.Weights.class::cast)
        .toList();
  }

  /** The outcome of {@code config} at each evaluation of the run after its first step. */
  public List<WeightingOutcome> run(DomainsConfig config, long seed) {
    int n = domains().size();
    double[] shares = values(startingProportion());
    var weighting = DomainWeighting.of(config, domains(), shares, seed);
    var state = weighting.start();
    var outcomes = new ArrayList<WeightingOutcome>();
    var tokens = new double[n];
    double[] drawn = shares;
    long counted = 0;
    double sparsity = 0;
    for (RunEvent event : events) {
      long steps = event.step() - counted;
      for (int i = 0; i < n; i++) {
        tokens[i] += drawn[i] * steps * start.tokensPerStep();
      }
      counted = event.step();
      switch (event) {
        case RunEvent.Train train -> {
          state = weighting.observeTraining(state, values(train.domainLoss()));
          sparsity = train.expectedSparsity() == null ? sparsity : train.expectedSparsity();
        }
        case RunEvent.Weights weights -> drawn = values(weights.weights());
        case RunEvent.Evaluation evaluation when setsWeights(evaluation) -> {
          var outcome = weighting.update(state, observation(evaluation, tokens, sparsity));
          outcomes.add(outcome);
          state = outcome.state();
        }
        case RunEvent.Evaluation _,
            RunEvent.Start _,
            RunEvent.Masks _,
            RunEvent.Cut _,
            RunEvent.Warning _,
            RunEvent.Done _ -> {}
      }
    }
    return outcomes;
  }

  private Observation observation(
      RunEvent.Evaluation evaluation, double[] tokens, double sparsity) {
    var losses = new LinkedHashMap<String, Double>();
    evaluation.domains().forEach((name, domain) -> losses.put(name, domain.loss()));
    return new Observation(
        evaluation.step(),
        start.steps(),
        Arrays.stream(tokens).mapToLong(Math::round).toArray(),
        values(losses),
        finalSparsity.isPresent() ? sparsity : Double.NaN,
        finalSparsity.orElse(Double.NaN));
  }

  /** What the run began with: the first reference proportion that it logged, else equal shares. */
  private Map<String, Double> startingProportion() {
    var equal = new LinkedHashMap<String, Double>();
    domains().forEach(name -> equal.put(name, 1.0 / domains().size()));
    return logged(RunEvent.Weights::referenceProportion)
        .filter(proportion -> proportion.keySet().containsAll(domains()))
        .findFirst()
        .orElse(equal);
  }

  /** In the order of the domains, NaN where absent. */
  private double[] values(Map<String, Double> byName) {
    return domains().stream()
        .map(name -> byName == null ? null : byName.get(name))
        .mapToDouble(value -> Objects.requireNonNullElse(value, Double.NaN))
        .toArray();
  }
}
