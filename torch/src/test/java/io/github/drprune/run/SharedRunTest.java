package io.github.drprune.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.drprune.data.BatchLoader;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.SamplerState;
import io.github.drprune.data.Split;
import io.github.drprune.distributed.Ranks;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.Kernels;
import io.github.drprune.train.StopSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs of several processes against the same run of one. */
class SharedRunTest {
  private static final int STEPS = Integer.getInteger("shared.steps", 6);

  @TempDir private static Path together;
  @TempDir private Path folder;
  private TinyRun tiny;

  @BeforeEach
  void prepare() throws IOException {
    tiny = new TinyRun(together.resolve("source"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void takesTheStepsOfOneProcess(
      Learns learns, int ranks, String sharding, int microBatch, boolean recomputing)
      throws Exception {
    Path alone = together.resolve("alone-" + learns);
    if (Files.notExists(alone)) {
      run(learns, alone, 1, "steps=" + STEPS, "micro_batch=8");
    }
    Path shared = folder.resolve("shared");
    run(
        learns,
        shared,
        ranks,
        "steps=" + STEPS,
        "micro_batch=" + microBatch,
        "activation_checkpointing=" + recomputing,
        "sharding=" + sharding,
        "sharding_group=2");
    assertSameFigures(EventLog.read(shared), EventLog.read(alone));
    assertCloseWeights(shared, alone);
  }

  /** What is learned, from what and how: what must not depend on the number of processes. */
  private enum Learns {
    PRUNE("prune"),
    HALVES(
        "prune",
        "mask_modules=[hidden, head, intermediate, head_layer, mlp]",
        "hidden_basis=source",
        "scores=activations"),
    LAGRANGIAN("prune", "constraint=lagrangian", "mask_learning_rate=0.1"),
    PRUNE_TAUGHT("prune", "distillation.teacher=source", "distillation.weight=1"),
    TRAIN("train"),
    TRAIN_TAUGHT("train", "distillation.teacher=source", "distillation.temperature=2");

    private final String command;
    private final List<String> sets;

    Learns(String command, String... sets) {
      this.command = command;
      this.sets = List.of(sets);
    }
  }

  /**
   * Every choice at least once; where shared.grid is set all combinations of them, of all that is
   * learned if it is true, else of what it names.
   */
  private static Stream<Arguments> cases() {
    String wanted = System.getProperty("shared.grid", "");
    if (wanted.isEmpty()) {
      return Stream.of(
          arguments(Learns.PRUNE, 2, "none", 4, false),
          arguments(Learns.PRUNE, 3, "optimizer", 4, false),
          arguments(Learns.PRUNE, 4, "full", 1, false),
          arguments(Learns.HALVES, 4, "none", 1, true),
          arguments(Learns.LAGRANGIAN, 2, "full", 4, true),
          arguments(Learns.LAGRANGIAN, 4, "optimizer", 2, true),
          arguments(Learns.PRUNE_TAUGHT, 2, "optimizer", 1, true),
          arguments(Learns.TRAIN, 3, "full", 1, true),
          arguments(Learns.TRAIN, 4, "optimizer", 1, false),
          arguments(Learns.TRAIN_TAUGHT, 2, "none", 4, true),
          arguments(Learns.TRAIN_TAUGHT, 4, "full", 2, false),
          arguments(Learns.PRUNE, 4, "hybrid", 1, false),
          arguments(Learns.TRAIN, 4, "hybrid", 2, true));
    }
    List<Arguments> grid = new ArrayList<>();
    for (Learns learns : Learns.values()) {
      if (!wanted.equals("true") && !List.of(wanted.split(",")).contains(learns.name())) {
        continue;
      }
      for (int ranks : new int[] {2, 4}) {
        for (String sharding : List.of("none", "optimizer", "full", "hybrid")) {
          for (int microBatch : new int[] {1, 4}) {
            for (boolean recomputing : new boolean[] {false, true}) {
              grid.add(arguments(learns, ranks, sharding, microBatch, recomputing));
            }
          }
        }
      }
    }
    return grid.stream();
  }

  @ParameterizedTest
  @CsvSource({
    "TRAIN, 3, none",
    "LAGRANGIAN, 4, optimizer",
    "PRUNE, 3, full",
    "TRAIN_TAUGHT, 4, full",
    "TRAIN, 4, hybrid",
  })
  void givesTheSameBitsEachTime(Learns learns, int ranks, String sharding) throws Exception {
    String[] sets = {"steps=4", "micro_batch=2", "sharding=" + sharding, "sharding_group=2"};
    Path once = folder.resolve("once");
    Path again = folder.resolve("again");
    run(learns, once, ranks, sets);
    run(learns, again, ranks, sets);
    assertThat(TinyRun.weights(again)).isEqualTo(TinyRun.weights(once));
    assertThat(RunnerTest.figures(again)).isEqualTo(RunnerTest.figures(once));
  }

  /** Slices are added up in another way there. */
  @ParameterizedTest
  @ValueSource(strings = {"optimizer", "full", "hybrid"})
  void takesTheStepsOfOneProcessOnMachinesOfTheirOwn(String sharding) throws Exception {
    String[] sets = {"steps=4", "micro_batch=1", "sharding=" + sharding, "sharding_group=2"};
    Path alone = folder.resolve("alone");
    run("train", alone, 1, new StopSignal(), sets);
    Path apart = folder.resolve("apart");
    Ranks.runApart(
        4,
        processes -> {
          var stop = new StopSignal();
          var runner = new Runner((_, _) -> Kernels.REFERENCE, List.of(), stop, processes);
          return execute(runner, "train", apart, sets);
        });
    assertSameFigures(trained(apart), trained(alone));
    assertCloseWeights(apart, alone);
  }

  /** Passes round matrices in any case, only masks are multiplied into them before. */
  @ParameterizedTest
  @ValueSource(strings = {"prune", "train"})
  void blocksThatAreFetchedInBf16GiveTheSameLosses(String command) throws Exception {
    List<List<RunEvent.Train>> steps = new ArrayList<>();
    for (String sharding : List.of("none", "full")) {
      Path output = folder.resolve(sharding);
      run(
          command,
          output,
          2,
          new StopSignal(),
          "steps=4",
          "precision=bf16",
          "micro_batch=2",
          "sharding=" + sharding);
      steps.add(
          EventLog.read(output).stream()
              .filter(RunEvent.Train.class::isInstance)
              .map(RunEvent.Train.class::cast)
              .toList());
    }
    List<RunEvent.Train> whole = steps.get(0);
    List<RunEvent.Train> fetched = steps.get(1);
    double first = whole.getFirst().loss();
    assertThat(fetched.getFirst().loss()).isCloseTo(first, within(1e-6));
    for (int i = 0; i < whole.size(); i++) {
      assertThat(fetched.get(i).loss()).isCloseTo(whole.get(i).loss(), within(1e-4));
    }
  }

  @Test
  void goesOnWithAnotherNumberOfProcesses() throws Exception {
    String[] sets = {"steps=12", "global_batch=8", "micro_batch=4"};
    for (String command : List.of("prune", "train")) {
      Path whole = folder.resolve(command + "-whole");
      run(command, whole, 1, new StopSignal(), sets);
      Path parts = folder.resolve(command + "-parts");
      runTo(3, command, parts, 4, with(sets, "sharding=optimizer"));
      runTo(5, command, parts, 3, with(sets, "sharding=none"));
      runTo(6, command, parts, 1, sets);
      runTo(7, command, parts, 3, with(sets, "sharding=full"));
      runTo(8, command, parts, 6, with(with(sets, "sharding=hybrid"), "sharding_group=3"));
      runTo(9, command, parts, 2, with(sets, "sharding=optimizer"));
      run(command, parts, 8, new StopSignal(), with(sets, "sharding=optimizer"));

      assertThat(RunnerTest.trainSteps(EventLog.read(parts)))
          .containsExactlyElementsOf(RunnerTest.steps(12));
      assertSameFigures(trained(parts), trained(whole));
      assertCloseWeights(parts, whole);
    }
  }

  /** Interrupted on four processes, with what they share out or without. */
  @ParameterizedTest
  @CsvSource({"prune, full", "train, optimizer"})
  void goesOnFromFourProcessesWithAnyNumber(String command, String sharding) throws Exception {
    String[] sets = {"steps=10", "global_batch=8", "micro_batch=2"};
    Path whole = folder.resolve("whole");
    run(command, whole, 1, new StopSignal(), sets);
    Path four = folder.resolve("four");
    runTo(4, command, four, 4, with(sets, "sharding=" + sharding));
    for (int ranks : new int[] {1, 2, 3, 8}) {
      Path more = folder.resolve("goes-on-" + ranks);
      copy(four, more);
      run(command, more, ranks, new StopSignal(), with(sets, "sharding=" + sharding));
      assertSameFigures(trained(more), trained(whole));
      assertCloseWeights(more, whole);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
  }

  /**
   * The sequences of four processes' batches, and then of another number's, are those of one
   * process, none twice.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void processesShareASamplersSequences(int ranks) throws Exception {
    try (var data = PreparedData.open(tiny.data())) {
      var start = SamplerState.start(5, data.domains().size());
      List<Long> drawn = new ArrayList<>();
      SamplerState interrupted = draw(data, start, 4, drawn);
      draw(data, interrupted, ranks, drawn);
      assertThat(drawn)
          .containsExactlyInAnyOrderElementsOf(LongStream.range(0, 48).boxed().toList());
    }
  }

  /** Adds the sequences of three batches of eight to {@code drawn}; gives the state after them. */
  private static SamplerState draw(
      PreparedData data, SamplerState from, int ranks, List<Long> drawn) throws Exception {
    List<SamplerState> after = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      try (var loader =
          new BatchLoader(data.all(Split.TRAIN), from, new BatchLoader.Share(8, rank, ranks))) {
        for (int batch = 0; batch < 3; batch++) {
          for (long sequence : loader.next(new double[] {1, 2}).sequences()) {
            drawn.add(sequence);
          }
        }
        after.add(loader.state());
      }
    }
    assertThat(after).containsOnly(after.getFirst());
    return after.getFirst();
  }

  private void runTo(int step, String command, Path output, int ranks, String... sets)
      throws Exception {
    var stop = new StopSignal();
    Ranks.run(
        ranks,
        processes -> {
          var runner =
              new Runner(
                  (_, _) -> Kernels.REFERENCE,
                  List.of(RunnerTest.stopAfter(step, stop)),
                  processes.isFirst() ? stop : new StopSignal(),
                  processes);
          return execute(runner, command, output, sets);
        });
  }

  private RunResult execute(Runner runner, String command, Path output, String... sets)
      throws Exception {
    return command.equals("prune")
        ? runner.prune(tiny.prune(output, sets))
        : runner.train(tiny.train(output, sets));
  }

  private static String[] with(String[] sets, String more) {
    return Stream.concat(Arrays.stream(sets), Stream.of(more)).toArray(String[]::new);
  }

  private void run(Learns learns, Path output, int ranks, String... sets) throws Exception {
    List<String> all = new ArrayList<>(learns.sets);
    all.add("global_batch=8");
    all.addAll(List.of(sets));
    run(learns.command, output, ranks, new StopSignal(), all.toArray(String[]::new));
  }

  private void run(String command, Path output, int ranks, StopSignal stop, String... sets)
      throws Exception {
    Ranks.run(
        ranks,
        processes -> {
          var runner = new Runner((_, _) -> Kernels.REFERENCE, List.of(), stop, processes);
          return execute(runner, command, output, sets);
        });
  }

  /** What a run's steps and evaluations say, without its stops and starts. */
  private static List<RunEvent> trained(Path run) throws IOException {
    return EventLog.read(run).stream()
        .filter(event -> event instanceof RunEvent.Train || event instanceof RunEvent.Evaluation)
        .toList();
  }

  static void assertSameFigures(List<RunEvent> actual, List<RunEvent> expected) {
    assertThat(actual.stream().map(RunEvent::getClass).toList())
        .isEqualTo(expected.stream().map(RunEvent::getClass).toList());
    for (int i = 0; i < expected.size(); i++) {
      if (expected.get(i) instanceof RunEvent.Train train) {
        var other = (RunEvent.Train) actual.get(i);
        assertThat(other.step()).isEqualTo(train.step());
        assertThat(other.tokens()).isEqualTo(train.tokens());
        assertThat(other.loss()).isCloseTo(train.loss(), within(1e-5));
        assertThat(other.domainLoss().keySet()).isEqualTo(train.domainLoss().keySet());
        train
            .domainLoss()
            .forEach(
                (domain, loss) ->
                    assertThat(other.domainLoss().get(domain)).isCloseTo(loss, within(1e-5)));
        assertThat(other.gradientNorm()).isCloseTo(train.gradientNorm(), within(1e-4));
      }
      if (expected.get(i) instanceof RunEvent.Evaluation evaluation) {
        assertThat(((RunEvent.Evaluation) actual.get(i)).meanLoss())
            .isCloseTo(evaluation.meanLoss(), within(1e-5));
      }
    }
  }

  static void assertCloseWeights(Path shared, Path alone) throws IOException {
    try (var one = ModelLoader.load(alone.resolve("model"), TinyModels.FIXED);
        var other = ModelLoader.load(shared.resolve("model"), TinyModels.FIXED);
        var _ = NativeScope.open()) {
      assertThat(other.spec()).isEqualTo(one.spec());
      for (var weight : one.weights().values()) {
        var expected = weight.tensor();
        var actual = other.weights().get(weight.name()).tensor();
        double error = actual.sub(expected).norm().item_double();
        assertThat(error).as(weight.name()).isLessThan(1e-4 * expected.norm().item_double());
      }
    }
  }
}
