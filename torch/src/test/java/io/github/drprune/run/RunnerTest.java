package io.github.drprune.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.drprune.checkpoint.CheckpointStore;
import io.github.drprune.config.PruneConfig;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.error.UserException;
import io.github.drprune.libtorch.NativeMemory;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.nn.Kernels;
import io.github.drprune.nn.LossKernel;
import io.github.drprune.nn.LossKernel.TokenLoss;
import io.github.drprune.train.DivergedException;
import io.github.drprune.train.StopSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunnerTest {
  @TempDir private Path folder;
  private TinyRun tiny;

  @BeforeEach
  void prepare() throws IOException {
    tiny = new TinyRun(folder.resolve("source"));
  }

  @Test
  void prunesToExactlyTheTarget() throws Exception {
    Path output = folder.resolve("run");
    TinyRun.runner().prune(tiny.prune(output, "steps=12"));

    ModelSpec result = CheckpointCheck.of(output.resolve("model"));
    assertThat(List.of(result.hiddenSize(), result.layers(), result.heads(), result.kvHeads()))
        .containsExactly(8, 2, 2, 2);
    assertThat(result.intermediateSize()).isEqualTo(12);
    assertThat(result.headDim()).isEqualTo(4);
    List<RunEvent> events = EventLog.read(output);
    assertThat(events.getFirst()).isInstanceOf(RunEvent.Start.class);
    assertThat(trainSteps(events)).containsExactlyElementsOf(steps(12));
    assertThat(events).hasAtLeastOneElementOfType(RunEvent.Evaluation.class);
    assertThat(events).hasAtLeastOneElementOfType(RunEvent.Weights.class);
    assertThat(events).hasAtLeastOneElementOfType(RunEvent.Masks.class);
    assertThat(events).hasAtLeastOneElementOfType(RunEvent.Cut.class);
    assertThat(events.getLast()).isInstanceOf(RunEvent.Done.class);
  }

  @Test
  void cutsByImportanceInOneShot() throws Exception {
    Path output = folder.resolve("run");
    PruneConfig config = tiny.prune(output, "steps=1", "method=importance");
    assertThat(TinyRun.runner().prune(config).step()).isZero();

    assertThat(CheckpointCheck.of(output.resolve("model")).shape())
        .isEqualTo(new ModelShape(8, 2, 2, 2, 12));
    List<RunEvent> events = EventLog.read(output);
    assertThat(trainSteps(events)).isEmpty();
    assertThat(last(events, RunEvent.Evaluation.class).meanLoss()).isPositive();
    assertThat(last(events, RunEvent.Done.class).status()).isEqualTo("completed");
    RunResult again = TinyRun.runner().prune(config);
    assertThat(again.wasDone()).isTrue();
    assertThat(again.step()).isZero();
  }

  @Test
  void learns() throws Exception {
    Path output = folder.resolve("run");
    TinyRun.runner().train(tiny.train(output, "steps=60", "learning_rate=1e-2"));

    // The easy domain has 8 words beside the marks, the model begins at log 53 = 3.97.
    var last = last(EventLog.read(output), RunEvent.Evaluation.class);
    assertThat(last.domains().get("easy").loss()).isLessThan(2.6);
  }

  @Test
  void resumedRunsEndWithTheSameBits() throws Exception {
    for (String command : List.of("prune", "train")) {
      Path whole = folder.resolve(command + "-whole");
      Path parts = folder.resolve(command + "-parts");
      run(command, TinyRun.runner(), whole);
      for (int stop : new int[] {3, 8}) { // between and at checkpoints
        var signal = new StopSignal();
        run(
            command,
            new Runner((_, _) -> Kernels.REFERENCE, List.of(stopAfter(stop, signal)), signal),
            parts);
      }
      assertThat(parts.resolve("model")).doesNotExist();
      run(command, TinyRun.runner(), parts);

      assertThat(TinyRun.weights(parts)).isEqualTo(TinyRun.weights(whole));
      assertThat(trainSteps(EventLog.read(parts))).containsExactlyElementsOf(steps(12));
      assertThat(figures(parts)).isEqualTo(figures(whole));
    }
  }

  private void run(String command, Runner runner, Path output) throws Exception {
    switch (command) {
      case "prune" -> runner.prune(tiny.prune(output, "steps=12"));
      default -> runner.train(tiny.train(output, "steps=12"));
    }
  }

  @Test
  void accumulationGivesTheSameLosses() throws Exception {
    Path once = folder.resolve("once");
    Path often = folder.resolve("often");
    String[] sets = {"steps=8", "global_batch=16"};
    TinyRun.runner().prune(tiny.prune(once, with(sets, "micro_batch=16")));
    TinyRun.runner().prune(tiny.prune(often, with(sets, "micro_batch=4")));

    assertThat(losses(often)).hasSameSizeAs(losses(once));
    for (int i = 0; i < 8; i++) {
      assertThat(losses(often).get(i)).isCloseTo(losses(once).get(i), within(1e-5));
    }
  }

  @Test
  void recomputedActivationsGiveTheSameLosses() throws Exception {
    Path kept = folder.resolve("kept");
    Path recomputed = folder.resolve("recomputed");
    TinyRun.runner().prune(tiny.prune(kept, "steps=8"));
    TinyRun.runner().prune(tiny.prune(recomputed, "steps=8", "activation_checkpointing=true"));

    for (int i = 0; i < 8; i++) {
      assertThat(losses(recomputed).get(i)).isCloseTo(losses(kept).get(i), within(1e-5));
    }
  }

  @Test
  void leavesOutABatchWhoseLossIsNotFinite() throws Exception {
    Path output = folder.resolve("run");
    notFinite(List.of(3)).train(tiny.train(output, "steps=6"));

    List<RunEvent> events = EventLog.read(output);
    assertThat(trainSteps(events)).containsExactlyElementsOf(steps(6));
    var warning = warning(events, "is not finite");
    // Steps of 4 sequences: the third batch is left out and step 3 takes the fourth.
    assertThat(warning.step()).isEqualTo(3);
    assertThat(warning.message()).contains("loss is not finite", "sequences 8 to 11");
  }

  @Test
  void endsWhereLossesStayNotFinite() throws Exception {
    Path output = folder.resolve("run");
    TrainConfig config = tiny.train(output, "steps=12");
    assertThatThrownBy(() -> notFinite(List.of(6, 7, 8)).train(config))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("step 6")
        .hasMessageContaining("checkpoint is of step 4");
    assertThat(last(EventLog.read(output), RunEvent.Done.class).status()).isEqualTo("failed");

    Path whole = folder.resolve("whole");
    TinyRun.runner().train(tiny.train(whole, "steps=12"));
    TinyRun.runner().train(config);
    assertThat(TinyRun.weights(output)).isEqualTo(TinyRun.weights(whole));
  }

  @Test
  void aLossThatIsFirstNotFiniteOnHeldOutTextIsADivergenceToo() throws Exception {
    var count = new int[1];
    Runner runner =
        notFinite(
            training -> {
              count[0] += training ? 1 : 0;
              return !training && count[0] >= 4;
            });
    String[] keys = {"steps=6", "evaluation_interval=4", "checkpoint_interval=2"};
    assertThatThrownBy(() -> runner.train(tiny.train(folder.resolve("run"), keys)))
        .isInstanceOf(DivergedException.class)
        .hasMessageContainingAll(
            "step 4: the loss on held-out text is NaN", "last good checkpoint is of step 2");
  }

  /** Computes with losses that are not finite in the training batches counted here from 1. */
  private static Runner notFinite(List<Integer> batches) {
    var count = new int[1];
    return notFinite(training -> training && batches.contains(++count[0]));
  }

  /**
   * @param isBad is told of each batch whether it is one to train on
   */
  private static Runner notFinite(Predicate<Boolean> isBad) {
    LossKernel kernel =
        (hidden, head, targets) -> {
          TokenLoss loss = LossKernel.REFERENCE.loss(hidden, head, targets);
          return isBad.test(loss.mean().requires_grad())
              ? new TokenLoss(
                  Ops.mul(loss.mean(), Double.NaN), Ops.mul(loss.perToken(), Double.NaN), null)
              : loss;
        };
    var plain = Kernels.REFERENCE;
    var kernels =
        new Kernels(
            plain.attention(), kernel, plain.linear(), plain.norm(), plain.rotary(), plain.gate());
    return new Runner((_, _) -> kernels, List.of(), new StopSignal());
  }

  /** Where there is a checkpoint that was downloaded, or files of another program. */
  @Test
  void replacesNothingThatNoRunHasWritten() throws Exception {
    Path parent = tiny.model().getParent(); // "model" in it is the source
    assertThatThrownBy(() -> TinyRun.runner().train(tiny.train(parent, "steps=2")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("output: ");
    assertThat(tiny.model().resolve("model.safetensors")).exists();
    for (String name :
        List.of("model/mine.txt", "config.yaml", "metrics.jsonl", "report.html", "masks.json")) {
      Path output = folder.resolve("of-" + name.replace('/', '-'));
      Path mine = output.resolve(name);
      Files.createDirectories(mine.getParent());
      Files.writeString(mine, "precious");
      assertThatThrownBy(() -> TinyRun.runner().train(tiny.train(output, "steps=2")))
          .as(name)
          .isInstanceOf(UserException.class)
          .hasMessageContaining("which no run has written; choose another folder");
      assertThat(mine).hasContent("precious");
      assertThat(output.resolve("lock")).doesNotExist();
    }
  }

  /** Others keep checkpoints in a folder of that name as well. */
  @Test
  void checkpointsOfAnotherProgramMakeNoRun() throws Exception {
    Path output = folder.resolve("of-another");
    Files.createDirectories(output.resolve("checkpoints/checkpoint-500"));
    Files.createDirectories(output.resolve("checkpoints/step-500"));
    Path mine = Files.createDirectory(output.resolve("model")).resolve("mine.txt");
    Files.writeString(mine, "precious");
    assertThatThrownBy(() -> TinyRun.runner().train(tiny.train(output, "steps=2")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("which no run has written; choose another folder");
    assertThat(mine).hasContent("precious");
  }

  /** Its checkpoints tell whose it is where what it goes by was lost. */
  @Test
  void aFolderWithCheckpointsOfARunIsARuns() throws Exception {
    Path output = folder.resolve("run");
    String[] settings = {"steps=2", "checkpoint_interval=1"};
    TinyRun.runner().train(tiny.train(output, settings));
    Files.delete(output.resolve("origin.json"));
    assertThat(TinyRun.runner().train(tiny.train(output, settings)).wasDone()).isTrue();
  }

  @Test
  void refusesASecondProcessAndOtherSettings() throws Exception {
    Path output = folder.resolve("run");
    try (var _ = RunFolder.open(output)) {
      assertThatThrownBy(() -> TinyRun.runner().train(tiny.train(output, "steps=2")))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("another process");
    }
    TinyRun.runner().train(tiny.train(output, "steps=2"));
    assertThatThrownBy(() -> TinyRun.runner().train(tiny.train(output, "steps=3")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("steps was 2, is 3");
    assertThatThrownBy(() -> TinyRun.runner().prune(tiny.prune(output, "steps=2")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("drprune train");
    assertThat(TinyRun.runner().train(tiny.train(output, "steps=2")).wasDone()).isTrue();
  }

  /** What helps where memory runs out must not be refused where a run goes on; data may move. */
  @Test
  void goesOnWithSmallerMicroBatchesAndDataThatHasMoved() throws Exception {
    Path output = folder.resolve("run");
    var signal = new StopSignal();
    new Runner((_, _) -> Kernels.REFERENCE, List.of(stopAfter(4, signal)), signal)
        .train(tiny.train(output, "steps=8"));
    Path moved = Files.createSymbolicLink(folder.resolve("moved"), tiny.data());
    String[] less = {"steps=8", "micro_batch=1", "activation_checkpointing=true", "data=" + moved};
    TinyRun.runner().train(tiny.train(output, less));
    Path whole = folder.resolve("whole");
    TinyRun.runner().train(tiny.train(whole, "steps=8"));
    assertThat(losses(output)).hasSize(8);
    for (int i = 0; i < 8; i++) {
      assertThat(losses(output).get(i)).isCloseTo(losses(whole).get(i), within(1e-5));
    }
  }

  @Test
  void usesTheCheckpointBeforeADamagedOne() throws Exception {
    Path output = folder.resolve("run");
    var signal = new StopSignal();
    new Runner((_, _) -> Kernels.REFERENCE, List.of(stopAfter(8, signal)), signal)
        .train(tiny.train(output, "steps=12"));
    Path damaged = output.resolve("checkpoints/step-8/weights.safetensors");
    byte[] bytes = Files.readAllBytes(damaged);
    bytes[bytes.length - 1] ^= 1;
    Files.write(damaged, bytes);
    TinyRun.runner().train(tiny.train(output, "steps=12"));

    Path whole = folder.resolve("whole");
    TinyRun.runner().train(tiny.train(whole, "steps=12"));
    assertThat(TinyRun.weights(output)).isEqualTo(TinyRun.weights(whole));
    assertThat(warning(EventLog.read(output), "is not as it was written").message())
        .contains("step-8: weights.safetensors");
  }

  @Test
  void aFullDiskLeavesTheLastCheckpoint() throws Exception {
    Path small = Files.createDirectories(folder.resolve("small"));
    assumeTrue(
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", small.toString())
                .start()
                .waitFor()
            == 0,
        "a full disk is tested on a small tmpfs, which only root can mount");
    try {
      Path output = small.resolve("run");
      // A checkpoint takes some 110 kB and the third is written before the first goes.
      TrainConfig config = tiny.train(output, "steps=16");
      assertThatThrownBy(() -> TinyRun.runner().train(config))
          .isInstanceOf(UserException.class)
          .hasMessageContainingAll(output.toString(), "no space left", "make room");
      var store = new CheckpointStore(output.resolve("checkpoints"), 2, ProcessGroup.SINGLE);
      assertThat(store.newest(_ -> {})).hasValueSatisfying(c -> assertThat(c.step()).isEqualTo(8));

      new ProcessBuilder("mount", "-o", "remount,size=10m", small.toString()).start().waitFor();
      TinyRun.runner().train(config);
      Path whole = folder.resolve("whole");
      TinyRun.runner().train(tiny.train(whole, "steps=16"));
      assertThat(TinyRun.weights(output)).isEqualTo(TinyRun.weights(whole));
    } finally {
      new ProcessBuilder("umount", small.toString()).start().waitFor();
    }
  }

  @Test
  void holdsMemoryFlat() throws Exception {
    // The documented long check sets steps=2000 and a model of the real size.
    var handles = new ArrayList<Long>();
    var resident = new ArrayList<Long>();
    var runner =
        new Runner(
            (_, _) -> Kernels.REFERENCE,
            List.of(
                event -> {
                  if (event instanceof RunEvent.Train train && train.step() % 50 == 0) {
                    handles.add(NativeMemory.liveHandles());
                    resident.add(NativeMemory.resident());
                  }
                }),
            new StopSignal());
    runner.prune(
        tiny.prune(
            folder.resolve("run"),
            "steps=300",
            "checkpoint_interval=1000",
            "evaluation_interval=50"));

    assertThat(handles.getLast()).isLessThanOrEqualTo(handles.get(1));
    assertThat(resident.getLast() - resident.get(1)).isLessThan(40L << 20);
  }

  @Test
  void refusesWhatCannotRun() throws Exception {
    PruneConfig wide = tiny.prune(folder.resolve("run"), "steps=2", "target.hidden_size=32");
    assertThatThrownBy(() -> TinyRun.runner().prune(wide))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("32 is larger than the model's 16");
    assertThatThrownBy(
            () -> TinyRun.runner().train(tiny.train(folder.resolve("r"), "steps=2", "seq_len=8")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("seq_len: 8");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void refusesAModelWhoseTokenizerIsMissingOrDoesNotFit() throws Exception {
    PruneConfig config = tiny.prune(folder.resolve("run"), "steps=2");
    Path tokenizer = tiny.model().resolve("tokenizer.json");
    String fitting = Files.readString(tokenizer);

    Files.writeString(tokenizer, fitting.replaceFirst(":\\s*52\\b", ": 60"));
    assertThatThrownBy(() -> TinyRun.runner().prune(config))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll("ids up to 60", "vocabulary ends at 52");
    Files.delete(tokenizer);
    assertThatThrownBy(() -> TinyRun.runner().prune(config))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll("tokenizer.json", "no such file");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  static Consumer<RunEvent> stopAfter(int step, StopSignal signal) {
    return event -> {
      if (event instanceof RunEvent.Train train && train.step() == step) {
        signal.request();
      }
    };
  }

  private static String[] with(String[] sets, String more) {
    return Stream.concat(Arrays.stream(sets), Stream.of(more)).toArray(String[]::new);
  }

  static List<Long> trainSteps(List<RunEvent> events) {
    return events.stream().filter(RunEvent.Train.class::isInstance).map(RunEvent::step).toList();
  }

  static List<Long> steps(int count) {
    return LongStream.rangeClosed(1, count).boxed().toList();
  }

  private static List<Double> losses(Path output) throws IOException {
    return EventLog.read(output).stream()
        .filter(RunEvent.Train.class::isInstance)
        .map(event -> ((RunEvent.Train) event).loss())
        .toList();
  }

  /** All that a run's log says of its steps but their speed. */
  static List<Object> figures(Path output) throws IOException {
    List<Object> figures = new ArrayList<>();
    for (RunEvent event : EventLog.read(output)) {
      switch (event) {
        case RunEvent.Train e -> {
          figures.add(e.domainLoss());
          figures.add(List.of(e.loss(), e.gradientNorm(), e.learningRate(), e.tokens()));
        }
        case RunEvent.Evaluation e -> figures.add(e);
        case RunEvent.Weights e -> figures.add(e);
        case RunEvent.Masks e -> figures.add(e);
        default -> {}
      }
    }
    return figures;
  }

  private static RunEvent.Warning warning(List<RunEvent> events, String part) {
    return events.stream()
        .filter(RunEvent.Warning.class::isInstance)
        .map(RunEvent.Warning.class::cast)
        .filter(warning -> warning.message().contains(part))
        .findFirst()
        .orElseThrow();
  }

  private static <E extends RunEvent> E last(List<RunEvent> events, Class<E> type) {
    return IntStream.iterate(events.size() - 1, i -> i >= 0, i -> i - 1)
        .mapToObj(events::get)
        .filter(type::isInstance)
        .map(type::cast)
        .findFirst()
        .orElseThrow();
  }
}
