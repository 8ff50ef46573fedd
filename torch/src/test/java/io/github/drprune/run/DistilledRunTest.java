package io.github.drprune.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.config.PipelineConfig;
import io.github.drprune.config.PruneConfig;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.ByteSize;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelSummary;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.Kernels;
import io.github.drprune.pipeline.TimedBudget;
import io.github.drprune.plan.Cluster;
import io.github.drprune.plan.ExpectedLoss;
import io.github.drprune.plan.PipelinePlan;
import io.github.drprune.plan.Planner;
import io.github.drprune.plan.RunPlan;
import io.github.drprune.train.StopSignal;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DistilledRunTest {
  @TempDir private Path folder;
  private TinyRun tiny;
  private Path teacher;

  @BeforeEach
  void prepare() throws Exception {
    tiny = new TinyRun(folder.resolve("source"));
    teacher = folder.resolve("teacher");
    teacher(teacher, 53, 5);
  }

  /** A model of four layers with the tokenizer of the data. */
  private void teacher(Path into, int vocabulary, long seed) throws IOException {
    var spec =
        ConfigReader.parse(
            """
            {"model_type": "llama", "hidden_size": 24, "num_attention_heads": 4,
             "num_hidden_layers": 5, "intermediate_size": 32, "vocab_size": %d,
             "max_position_embeddings": 16, "tie_word_embeddings": true}
            """
                .formatted(vocabulary),
            "config.json");
    try (var model = ModelLoader.random(spec, TinyModels.FIXED, seed)) {
      ModelWriter.save(model, into, tiny.model(), Optional.empty(), ByteSize.parse("1GB"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"prune", "train"})
  void resumedRunsEndWithTheSameBits(String command) throws Exception {
    Path whole = folder.resolve("whole");
    Path parts = folder.resolve("parts");
    run(command, runner(new StopSignal()), whole);
    for (int stop : new int[] {3, 8}) {
      var signal = new StopSignal();
      run(
          command,
          new Runner(Kernels::select, List.of(event -> request(event, stop, signal)), signal),
          parts);
    }
    assertThat(parts.resolve("model")).doesNotExist();
    run(command, runner(new StopSignal()), parts);

    assertThat(TinyRun.weights(parts)).isEqualTo(TinyRun.weights(whole));
    assertThat(RunnerTest.figures(parts)).isEqualTo(RunnerTest.figures(whole));
    assertThat(divergences(parts)).isEqualTo(divergences(whole)).hasSize(12);
  }

  private void run(String command, Runner runner, Path output) throws Exception {
    switch (command) {
      case "prune" -> runner.prune(tiny.prune(output, "steps=12", "distillation.teacher=source"));
      default ->
          runner.train(
              tiny.train(
                  output,
                  "steps=12",
                  "distillation.teacher=" + teacher,
                  "distillation.temperature=2"));
    }
  }

  private static void request(RunEvent event, int step, StopSignal signal) {
    if (event instanceof RunEvent.Train && event.step() == step) {
      signal.request();
    }
  }

  private static Runner runner(StopSignal stop) {
    return new Runner(Kernels::select, List.of(), stop);
  }

  @Test
  void kernelsMicroBatchesAndRecomputedActivationsGiveTheSameLosses() throws Exception {
    String[] sets = {"steps=6", "global_batch=16", "distillation.teacher=" + teacher};
    Path reference = folder.resolve("reference");
    TinyRun.runner().prune(tiny.prune(reference, with(sets, "micro_batch=16")));
    for (String set : List.of("micro_batch=16", "micro_batch=4", "activation_checkpointing=true")) {
      Path other = folder.resolve(set);
      runner(new StopSignal()).prune(tiny.prune(other, with(sets, set)));
      assertNear(losses(other), losses(reference));
      assertNear(divergences(other), divergences(reference));
    }
  }

  @Test
  void oneThreadAndManyGiveTheSameLosses() throws Exception {
    String[] sets = {"steps=6", "global_batch=16", "distillation.teacher=" + teacher};
    Path one = folder.resolve("one");
    runner(new StopSignal()).prune(tiny.prune(one, sets));
    Path many = folder.resolve("many");
    LibTorch.useThreads(3);
    try {
      runner(new StopSignal()).prune(tiny.prune(many, sets));
    } finally {
      LibTorch.useThreads(1);
    }
    assertNear(losses(many), losses(one));
    assertNear(divergences(many), divergences(one));
  }

  private static void assertNear(List<Double> actual, List<Double> expected) {
    assertThat(actual).hasSameSizeAs(expected).hasSize(6);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i)).isCloseTo(expected.get(i), within(1e-5));
    }
  }

  @Test
  void theLossLoggedIsTheCrossEntropy() throws Exception {
    // At a rate of zero the model stays as it is, with a teacher or without.
    String[] sets = {"steps=3", "learning_rate=0"};
    Path plain = folder.resolve("plain");
    Path taught = folder.resolve("taught");
    TinyRun.runner().train(tiny.train(plain, sets));
    TinyRun.runner().train(tiny.train(taught, with(sets, "distillation.teacher=" + teacher)));
    assertThat(losses(taught)).isEqualTo(losses(plain));
    assertThat(divergences(plain)).containsOnlyNulls();

    Path ofItself = folder.resolve("itself");
    TinyRun.runner().train(tiny.train(ofItself, with(sets, "distillation.teacher=source")));
    assertThat(divergences(ofItself))
        .allSatisfy(value -> assertThat(value).isCloseTo(0, within(1e-6)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"drpruning", "sheared", "dro", "bandit"})
  void theTeachersLossesAreTheReferencesOfTheWeighting(String strategy) throws Exception {
    Path taught = folder.resolve("taught");
    TinyRun.runner()
        .train(
            tiny.train(
                taught,
                "steps=5",
                "distillation.teacher=" + teacher,
                "domains.strategy=" + strategy));
    Path ofTeacher = folder.resolve("of-teacher");
    TinyRun.runner().train(tiny.train(ofTeacher, "steps=1", "model=" + teacher));
    var own =
        EventLog.read(ofTeacher).stream()
            .filter(RunEvent.Evaluation.class::isInstance)
            .map(RunEvent.Evaluation.class::cast)
            .findFirst()
            .orElseThrow();
    var weights =
        EventLog.read(taught).stream()
            .filter(RunEvent.Weights.class::isInstance)
            .map(RunEvent.Weights.class::cast)
            .findFirst()
            .orElseThrow();
    assertThat(weights.referenceLoss()).hasSameSizeAs(own.domains()).isNotEmpty();
    weights
        .referenceLoss()
        .forEach(
            (domain, loss) ->
                assertThat(loss).isCloseTo(own.domains().get(domain).loss(), within(1e-6)));
  }

  @Test
  void aStudentComesNearToItsTeacher() throws Exception {
    Path learned = folder.resolve("learned");
    TinyRun.runner().train(tiny.train(learned, "steps=60", "learning_rate=1e-2"));
    Path student = folder.resolve("student");
    TinyRun.runner()
        .train(
            tiny.train(
                student,
                "steps=60",
                "learning_rate=1e-2",
                "distillation.weight=1",
                "distillation.teacher=" + learned.resolve("model")));
    List<Double> divergences = divergences(student);
    assertThat(divergences.getLast()).isLessThan(0.3 * divergences.getFirst());
  }

  @Test
  void refusesATeacherOfOtherWords() throws Exception {
    Path larger = folder.resolve("larger");
    teacher(larger, 64, 5);
    refuse("distillation.teacher=" + larger, "vocabulary of 64 and the model one of 53");

    Path renamed = folder.resolve("renamed");
    teacher(renamed, 53, 5);
    Path words = renamed.resolve("tokenizer.json");
    Files.writeString(words, Files.readString(words).replace("\"w7\":", "\"v7\":"));
    refuse("distillation.teacher=" + renamed, "token 10 of", "renamed", "another one");

    refuse("distillation.teacher=" + folder.resolve("absent"), "absent");
  }

  private void refuse(String set, String... parts) throws Exception {
    Path output = folder.resolve("refused");
    assertThatThrownBy(() -> TinyRun.runner().train(tiny.train(output, "steps=2", set)))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll(parts);
    assertThat(output).doesNotExist();
  }

  @Test
  void refusesAnotherTeacherOnResuming() throws Exception {
    Path output = folder.resolve("run");
    var signal = new StopSignal();
    new Runner(Kernels::select, List.of(event -> request(event, 2, signal)), signal)
        .train(tiny.train(output, "steps=6", "distillation.teacher=" + teacher));
    AtomicFiles.deleteTree(teacher);
    teacher(teacher, 53, 6);
    assertThatThrownBy(
            () ->
                TinyRun.runner()
                    .train(tiny.train(output, "steps=6", "distillation.teacher=" + teacher)))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll("the teacher in " + teacher + " changed", "step 2");
    assertThatThrownBy(() -> TinyRun.runner().train(tiny.train(output, "steps=6")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("distillation was");
  }

  @Test
  void aNewModelHasNoSourceToLearnFrom() {
    assertThatThrownBy(
            () ->
                tiny.train(
                    folder.resolve("run"),
                    "steps=2",
                    "model=",
                    "shape.hidden_size=8",
                    "shape.layers=1",
                    "shape.heads=1",
                    "shape.intermediate_size=8",
                    "shape.tokenizer=" + tiny.model(),
                    "distillation.teacher=source"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("distillation.teacher: 'source'");
    assertThatThrownBy(
            () ->
                TinyRun.runner()
                    .prune(
                        tiny.prune(
                            folder.resolve("run"),
                            "steps=2",
                            "method=importance",
                            "distillation.teacher=source")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("distillation: method importance");
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

  @Test
  void aPlanCountsTheTeacher() throws Exception {
    Path output = folder.resolve("run");
    RunPlan plan =
        new Planner().train(tiny.train(output, "steps=2", "distillation.teacher=" + teacher));
    assertThat(plan.teacher().layers()).isEqualTo(5);
    assertThat(plan.teacher().hiddenSize()).isEqualTo(24);
    assertThat(plan.source().layers()).isEqualTo(3);
    assertThat(plan.seconds()).isPositive();
    assertThat(new Planner().train(tiny.train(output, "steps=2")).teacher()).isNull();
  }

  private static String[] with(String[] sets, String more) {
    List<String> all = new ArrayList<>(List.of(sets));
    all.add(more);
    return all.toArray(String[]::new);
  }

  private static List<Double> losses(Path output) throws IOException {
    return trained(output).stream().map(RunEvent.Train::loss).toList();
  }

  private static List<Double> divergences(Path output) throws IOException {
    return trained(output).stream().map(RunEvent.Train::distillationLoss).toList();
  }

  private static List<RunEvent.Train> trained(Path output) throws IOException {
    return EventLog.read(output).stream()
        .filter(RunEvent.Train.class::isInstance)
        .map(RunEvent.Train.class::cast)
        .toList();
  }
}
