package io.github.drprune.weighting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.config.DomainsConfig.Strategy;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import io.github.drprune.model.ModelSummary;
import io.github.drprune.run.RunEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ReplayTest {
  private static final List<String> NAMES = List.of("wiki", "web");
  private static final int STEPS = 200;

  private static RunEvent.Start start() {
    return start(null);
  }

  private static RunEvent.Start start(JsonNode config) {
    return new RunEvent.Start(
        0, "train", "2026-01-01T00:00:00Z", STEPS, 1000, null, null, NAMES, config, Map.of());
  }

  private static RunEvent.Evaluation evaluation(long step, double wiki, double web) {
    return new RunEvent.Evaluation(
        step,
        step * 1000,
        Map.of(
            "wiki", new RunEvent.DomainEvaluation(wiki, Math.exp(wiki), 10),
            "web", new RunEvent.DomainEvaluation(web, Math.exp(web), 10)),
        (wiki + web) / 2,
        "web",
        Map.of());
  }

  /** A log as a run writes it, whose weights the weighting itself has set. */
  private static List<RunEvent> logged() {
    var weighting =
        DomainWeighting.of(
            Settings.of(Strategy.DRPRUNING, 0.1, 0.2, Map.of()),
            NAMES,
            new double[] {0.3, 0.7},
            17);
    List<RunEvent> events = new ArrayList<>(List.of(start()));
    var state = weighting.start();
    var tokens = new double[2];
    for (int step = 5; step <= STEPS; step += 5) {
      for (int i = 0; i < 2; i++) {
        tokens[i] += 5 * 1000 * state.weights().get(i);
      }
      double[] losses = {1 + 8 * Math.pow(tokens[0], -0.3), 1.5 + 20 * Math.pow(tokens[1], -0.4)};
      events.add(evaluation(step, losses[0], losses[1]));
      var outcome =
          weighting.update(
              state,
              Observation.unpruned(
                  step, STEPS, new long[] {Math.round(tokens[0]), Math.round(tokens[1])}, losses));
      state = outcome.state();
      events.add(outcome.event());
    }
    return events;
  }

  @Test
  void sameSettingsGiveTheRunsOwnWeights() {
    var replay = new Replay(logged(), "run");
    var outcomes = replay.run(Settings.of(Strategy.DRPRUNING, 0.1, 0.2, Map.of()), 17);

    assertThat(outcomes.stream().map(WeightingOutcome::event).toList()).isEqualTo(replay.logged());
    assertThat(outcomes.getLast().weights()).isNotEqualTo(List.of(0.3, 0.7));
  }

  /** A run evaluates what it begins with, and sets no weights by it. */
  @Test
  void anEvaluationBeforeTheFirstStepSetsNothing() {
    List<RunEvent> events = new ArrayList<>(logged());
    events.add(1, evaluation(0, 9, 9));
    var replay = new Replay(events, "run");
    var outcomes = replay.run(Settings.of(Strategy.DRPRUNING, 0.1, 0.2, Map.of()), 17);
    assertThat(outcomes.stream().map(WeightingOutcome::event).toList()).isEqualTo(replay.logged());

    assertThatThrownBy(() -> new Replay(List.of(start(), evaluation(0, 9, 9)), "run"))
        .hasMessageContaining("no evaluation yet");
  }

  /** While the target still rises, references are predicted for where it ends. */
  @Test
  void aRunThatPrunesIsReplayedForItsFinalSparsity() {
    List<RunEvent> soFar = new ArrayList<>();
    for (RunEvent event : logged()) {
      if (event instanceof RunEvent.Evaluation evaluation && evaluation.step() <= 100) {
        double sparsity = 0.003 * evaluation.step();
        soFar.add(
            new RunEvent.Train(
                evaluation.step(), 2, Map.of(), 0, 0, 0, 0, sparsity, sparsity, null, 1));
        soFar.add(event);
      }
    }
    List<List<Double>> weights = new ArrayList<>();
    for (String config :
        List.of("{\"target\": {\"sparsity\": 0.6}}", "{\"target\": {\"sparsity\": 0.3}}", "{}")) {
      List<RunEvent> events = new ArrayList<>(soFar);
      events.addFirst(start(Json.tree(config, "config")));
      var outcomes =
          new Replay(events, "run").run(Settings.of(Strategy.DRPRUNING, 0.1, 0.2, Map.of()), 17);
      weights.add(outcomes.getLast().weights());
    }
    assertThat(weights.get(0)).isNotEqualTo(weights.get(1));
    assertThat(weights.get(1)).isEqualTo(weights.get(2)); // 0.3 is the last that was logged
  }

  private static RunEvent.Weights weights(long step, Map<String, Double> references) {
    return new RunEvent.Weights(
        step,
        Map.of("wiki", 0.3, "web", 0.7),
        references,
        references,
        Map.of(),
        null,
        null,
        List.of(),
        Map.of());
  }

  /** Of what the reader of a log does not insist on. */
  @Test
  void whatALogLeavesOutIsDoneWithout() {
    RunEvent.Start start = start(Json.tree("{\"distillation\": {}}", "config"));
    List<RunEvent> none = List.of(start, evaluation(5, 3, 2), weights(5, null));
    var replay = new Replay(none, "run");
    assertThat(replay.teachersReferences()).isEmpty();
    var outcomes = replay.run(Settings.of(Strategy.CONSTANT, 0.1, 0.2, Map.of()), 17);
    assertThat(outcomes.getLast().weights()).containsExactly(0.5, 0.5);

    Map<String, Double> references = Map.of("wiki", 0.4, "web", 0.6);
    List<RunEvent> later = new ArrayList<>(none);
    later.addAll(List.of(weights(10, references), weights(20, Map.of("wiki", 0.1))));
    assertThat(new Replay(later, "run").teachersReferences()).isEqualTo(references);

    var target = new ModelSummary("llama", 8, 1, 1, 1, 8, 900, 400L);
    var unknown = new RunEvent.Start(0, "prune", "", 9, 9, null, target, NAMES, null, Map.of());
    var train = new RunEvent.Train(5, 2, Map.of(), 0, 0, 0, 0, 0.5, 0.5, null, 1);
    assertThatCode(() -> new Replay(List.of(unknown, train, evaluation(5, 3, 2)), "run"))
        .doesNotThrowAnyException();
  }

  @Test
  void otherSettingsGiveOtherWeights() {
    var replay = new Replay(logged(), "run");
    var wide = replay.run(Settings.of(Strategy.DRPRUNING, 0.3, 0.2, Map.of()), 17).getLast();
    var constant = replay.run(Settings.of(Strategy.CONSTANT, 0.1, 0.2, Map.of()), 17).getLast();

    assertThat(wide.weights()).isNotEqualTo(replay.logged().getLast().weights());
    assertThat(constant.weights()).containsExactly(0.3, 0.7);
  }

  @Test
  void needsAStartAndAnEvaluation() {
    assertThatThrownBy(() -> new Replay(List.of(), "run"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no start event");
    assertThatThrownBy(() -> new Replay(List.of(start()), "run"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no evaluation yet");
  }
}
