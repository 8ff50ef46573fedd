package io.github.drprune.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.ByteSize;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.Kernels;
import io.github.drprune.plan.Planner;
import io.github.drprune.plan.RunPlan;
import io.github.drprune.train.StopSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
