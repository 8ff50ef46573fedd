package io.github.drprune.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.config.PipelineConfig;
import io.github.drprune.config.PruneConfig;
import io.github.drprune.error.UserException;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelSummary;
import io.github.drprune.pipeline.TimedBudget;
import io.github.drprune.plan.Cluster;
import io.github.drprune.plan.ExpectedLoss;
import io.github.drprune.plan.PipelinePlan;
import io.github.drprune.plan.Planner;
import io.github.drprune.plan.RunPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a budget, and a cut, are found to take before anything runs. */
class BudgetPlanTest {
  @TempDir private Path folder;
  private TinyRun tiny;

  @BeforeEach
  void prepare() throws Exception {
    tiny = new TinyRun(folder.resolve("source"));
  }

  @Test
  void aBudgetIsPlannedBeforeAnythingIsPruned() throws Exception {
    Path file = pipeline("41k");
    PipelinePlan plan = new Planner().pipeline(PipelineConfig.load(file, List.of()));
    assertThat(plan.spending()).contains("budget of 41,000 tokens", "distilled from");
    assertThat(plan.prune()).isNull();
    assertThat(plan.train().source().layers()).isEqualTo(2);
    assertThat(plan.train().teacher().layers()).isEqualTo(3);
    assertThat(plan.train().tokens()).isBetween(38_000L, 41_000L);
    assertThat(plan.tokensPerParameter()).isPositive();
    assertThat(folder.resolve("pruned")).doesNotExist();
    assertThat(plan.train().expectedLoss()).isNull();
    evaluateEarlier(plan.train().source());
    ExpectedLoss expected =
        new Planner().pipeline(PipelineConfig.load(file, List.of())).train().expectedLoss();
    assertThat(expected.evaluations()).isEqualTo(12);
    assertThat(3 + Math.pow(plan.train().tokens(), -0.3))
        .isBetween(expected.low() - 1e-6, expected.high() + 1e-6);
  }

  @Test
  void whatIsPlannedToBeTrainedIsTheModelThatWillBeCut() throws Exception {
    List<String> twoHeads = List.of("prune.target.heads=2"); // as wide as the four were
    PipelinePlan plan = new Planner().pipeline(PipelineConfig.load(pipeline("41k"), twoHeads));
    var cut =
        ConfigReader.parse(
            """
            {"model_type": "llama", "hidden_size": 16, "num_attention_heads": 2, "head_dim": 4,
             "num_hidden_layers": 2, "intermediate_size": 24, "vocab_size": 53,
             "max_position_embeddings": 16}
            """,
            "config.json");
    assertThat(plan.train().source()).isEqualTo(ModelSummary.of(cut));
  }

  /** What a run with a smaller budget would have left in the folder of the stage train. */
  private void evaluateEarlier(ModelSummary model) throws IOException {
    Path earlier = Files.createDirectories(folder.resolve("final"));
    try (var events = new EventWriter(earlier.resolve(EventLog.FILE_NAME), 0)) {
      events.write(
          new RunEvent.Start(0, "train", null, 12, 1000, model, null, List.of(), null, Map.of()));
      for (int step = 1; step <= 12; step++) {
        double loss = 3 + Math.pow(1000 * step, -0.3);
        events.write(new RunEvent.Evaluation(step, 1000 * step, Map.of(), loss, "web", Map.of()));
      }
    }
  }

  private Path pipeline(String budget) throws IOException {
    return Files.writeString(
        folder.resolve("small.yaml"),
        """
        budget: %s
        prune: {model: '%s', data: '%s', output: '%s', target: {layers: 2}, device: cpu}
        train: {output: '%s', device: cpu, precision: fp32}
        """
            .formatted(
                budget,
                tiny.model(),
                tiny.data(),
                folder.resolve("pruned"),
                folder.resolve("final")));
  }

  @Test
  void aTimeIsMeasuredOnceAndKept() throws Exception {
    Path file = pipeline("90min");
    PipelineConfig timed = PipelineConfig.load(file, List.of());
    assertThat(timed.time()).contains(Duration.ofMinutes(90));
    List<Long> asked = new ArrayList<>();
    var budget =
        new TimedBudget(
            file,
            List.of(),
            1,
            pipeline -> {
              asked.add(tokens(pipeline));
              // The first is of a trial's batch.
              double perToken = asked.size() == 1 ? 0.02 : 0.01;
              return other -> 60 + perToken * tokens(other);
            });
    PipelineConfig measured = budget.inTokens(timed);
    assertThat(measured.time()).isEmpty();
    // Nine tenths of 5,400 seconds, less those of evaluations.
    assertThat(tokens(measured)).isBetween(479_000L, 480_000L);
    assertThat(asked).hasSize(2);
    assertThat(asked.getLast()).isBetween(239_000L, 240_000L);
    assertThat(budget.inTokens(timed)).isEqualTo(measured);
    assertThat(asked).hasSize(2);
    TimedBudget.Duty faster = other -> 60 + 0.005 * tokens(other);
    var ofTwo = new TimedBudget(file, List.of(), 2, _ -> faster);
    assertThat(tokens(ofTwo.inTokens(timed))).isBetween(958_000L, 960_000L);

    // Once it has begun it goes on with its number, whatever it may change on its way.
    assertThat(budget.inTokens(timed)).isEqualTo(measured);
    Files.writeString(
        Files.createDirectories(folder.resolve("final")).resolve("origin.json"), "{}");
    assertThat(ofTwo.inTokens(timed)).isEqualTo(measured);
    List<String> milder = List.of("train.learning_rate=1e-5", "train.keep_checkpoints=1");
    var repeated = new TimedBudget(file, milder, 1, _ -> faster);
    assertThat(repeated.inTokens(PipelineConfig.load(file, milder)).budget())
        .isEqualTo(measured.budget());
  }

  /** Also where it was interrupted while masks were learned, whose steps go by the number. */
  @Test
  void aTimeIsKeptFromTheFirstRunThatTakesSteps() throws Exception {
    Path file = pipeline("90min");
    List<String> masks = List.of("prune.method=masks");
    PipelineConfig timed = PipelineConfig.load(file, masks);
    var first = new TimedBudget(file, masks, 4, _ -> other -> 0.01 * tokens(other));
    PipelineConfig measured = first.inTokens(timed);
    Files.writeString(
        Files.createDirectories(folder.resolve("pruned")).resolve("origin.json"), "{}");
    var then = new TimedBudget(file, masks, 2, _ -> other -> 0.02 * tokens(other));
    assertThat(then.inTokens(timed)).isEqualTo(measured);
  }

  /** Evaluations that come every so many steps take the longer the more steps there are. */
  @Test
  void aTimePaysForEvaluationsAtAGivenInterval() throws Exception {
    List<String> often = List.of("train.evaluation_interval=20");
    Path file = pipeline("90min");
    TimedBudget.Timing timing =
        _ ->
            other -> {
              var run = other.train().orElseThrow().run();
              return run.steps() * (1 + 22.0 / run.evaluationInterval());
            };
    PipelineConfig measured =
        new TimedBudget(file, often, 1, timing).inTokens(PipelineConfig.load(file, often));
    assertThat(measured.train().orElseThrow().run().steps())
        .isCloseTo((int) (0.9 * 5400 / 2.1), within(5));
  }

  /** Whether they take less than the time or more: they are what is asked for. */
  @Test
  void stepsThatAreGivenStandBesideATime() throws Exception {
    Path file = pipeline("90min");
    List<String> given = List.of("train.steps=100", "train.global_batch=4");
    for (double secondsOfStep : new double[] {0.1, 1000}) {
      Files.deleteIfExists(folder.resolve("small.yaml.state.json"));
      TimedBudget.Timing timing =
          _ -> other -> secondsOfStep * other.train().orElseThrow().run().steps();
      PipelineConfig config =
          new TimedBudget(file, given, 1, timing).inTokens(PipelineConfig.load(file, given));
      assertThat(config.train().orElseThrow().run().steps()).isEqualTo(100);
    }
  }

  @Test
  void aTimeThatEvaluationsTakeAloneIsRefused() throws Exception {
    Path file = pipeline("1min");
    var budget = new TimedBudget(file, List.of(), 1, _ -> other -> 55 + 0.01 * tokens(other));
    assertThatThrownBy(() -> budget.inTokens(PipelineConfig.load(file, List.of())))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "budget: one step and its evaluations alone would take more than the 54 seconds of"
                + " training");
  }

  @Test
  void aCutThatDoesNotFitIsRefusedByThePlan() throws Exception {
    var small = new Cluster(1, Optional.empty(), Optional.of(20_000L), Double.POSITIVE_INFINITY);
    PipelineConfig config = PipelineConfig.load(pipeline("41k"), List.of());
    assertThatThrownBy(() -> new Planner(small).pipeline(config))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("memory: the cut of a model of");
  }

  /** Of several processes one cuts, with less than weights, gradients and moments would take. */
  @Test
  void aCutIsPlannedByWhatItHoldsAndWithoutSteps() throws Exception {
    PruneConfig config =
        tiny.prune(folder.resolve("run"), "method=importance", "reconstruction=false");
    RunPlan plan = new Planner().prune(config);
    assertThat(plan.takesSteps()).isFalse();
    assertThat(plan.seconds()).isNull();
    assertThat(plan.target().layers()).isEqualTo(2);
    long needed = Float.BYTES * (plan.source().parameters() + plan.target().parameters());
    assertThat(plan.memoryBytes()).isEqualTo(needed);
    assertThat(new Planner(ofTwo(needed)).prune(config).availableBytes()).isEqualTo(needed);
    assertThatThrownBy(() -> new Planner(ofTwo(needed - 1)).prune(config))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("memory: the cut of a model of");
  }

  private static Cluster ofTwo(long memory) {
    return new Cluster(2, Optional.empty(), Optional.of(memory), Double.POSITIVE_INFINITY);
  }

  private static long tokens(PipelineConfig pipeline) {
    var run = pipeline.train().orElseThrow().run();
    return (long) run.steps() * run.globalBatch() * TinyRun.SEQ_LEN;
  }
}
