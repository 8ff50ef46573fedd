package io.github.drprune.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.nn.Kernels;
import io.github.drprune.train.DivergedException;
import io.github.drprune.train.StopSignal;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes wrong around a run: changed inputs, refusals, damage, divergence. */
class RunFaultsTest {
  @TempDir private Path folder;
  private TinyRun tiny;
  private Path output;

  @BeforeEach
  void prepare() throws IOException {
    tiny = new TinyRun(folder.resolve("source"));
    output = folder.resolve("run");
  }

  @Test
  void refusesToGoOnWithOtherDataOrAnotherModel() throws Exception {
    stopped(6);
    Path weights = tiny.model().resolve("model.safetensors");
    byte[] before = Files.readAllBytes(weights);
    byte[] other = before.clone();
    other[other.length - 3] ^= 1;
    Files.write(weights, other);
    assertThatThrownBy(this::resume)
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll(
            "the model in " + tiny.model(), "since step 6", "another output folder");
    Files.write(weights, before);

    var data = new TinyRun(folder.resolve("other"), 9).data();
    AtomicFiles.deleteTree(tiny.data());
    Files.move(data, tiny.data());
    assertThatThrownBy(this::resume)
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll("the data in " + tiny.data(), "since step 6");
  }

  @Test
  void aRefusedRunLeavesNothing() throws Exception {
    // Found at the model's loading, and at the making of the domain weights.
    for (String mistake : List.of("device=cuda:99", "domains.floors.nowhere=0.1")) {
      assertThatThrownBy(() -> TinyRun.runner().prune(tiny.prune(output, "steps=12", mistake)))
          .isInstanceOf(UserException.class);
      assertThat(output).doesNotExist();
    }
    TinyRun.runner().prune(tiny.prune(output, "steps=12"));
    assertThat(output.resolve("model")).exists();
  }

  @Test
  void importanceRefusesASparsityBeforeItClaimsTheFolder() {
    assertThatThrownBy(
            () ->
                TinyRun.runner()
                    .prune(tiny.pruneTo(output, "target.sparsity=0.5", "method=importance")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("importance needs a shape");
    assertThat(output).doesNotExist();
  }

  @Test
  void aRunWithoutCheckpointsMayBeginAnewWithOtherSettings() throws Exception {
    Files.createDirectories(output);
    Files.writeString(output.resolve("origin.json"), "{");
    Files.writeString(output.resolve("config.yaml"), "# drprune train\nsteps: 3\n");
    resume();
    assertSameAsWhole();
  }

  @ParameterizedTest
  @ValueSource(strings = {"checkpoint.json", "state.json", "metrics.jsonl", "masks.safetensors"})
  void writesADamagedCheckpointAgain(String file) throws Exception {
    stopped(8, "keep_checkpoints=2");
    Path newest = output.resolve("checkpoints/step-8");
    Files.writeString(newest.resolve(file), "{\"step");
    stopped(8, "keep_checkpoints=1");

    // Step 8 was written again, so the run survives the loss of the one before.
    assertThat(output.resolve("checkpoints")).isDirectoryContaining("glob:**/step-8");
    assertThat(output.resolve("checkpoints/step-4")).doesNotExist();
    resume();
    assertSameAsWhole();
  }

  @Test
  void restoresALogThatLostLinesItsCheckpointCountsOn() throws Exception {
    stopped(8);
    try (var log = FileChannel.open(output.resolve(EventLog.FILE_NAME), StandardOpenOption.WRITE)) {
      log.truncate(log.size() / 2);
    }
    stopped(10);
    assertThat(RunnerTest.trainSteps(EventLog.read(output)))
        .containsExactlyElementsOf(RunnerTest.steps(10));
    Files.delete(output.resolve(EventLog.FILE_NAME));
    resume();
    assertSameAsWhole();
  }

  @Test
  void aFinishedRunGetsTheModelAndTheReportItLacks() throws Exception {
    resume();
    String weights = TinyRun.weights(output);
    Files.delete(output.resolve("report.html"));
    assertThat(TinyRun.runner().prune(tiny.prune(output, "steps=12")).wasDone()).isTrue();
    assertThat(output.resolve("report.html")).exists();

    AtomicFiles.deleteTree(output.resolve("model"));
    resume();
    assertThat(TinyRun.weights(output)).isEqualTo(weights);
  }

  @Test
  void doneComesAfterTheReport() throws Exception {
    Path report = output.resolve("report.html");
    var missing = new boolean[1];
    var runner =
        new Runner(
            (_, _) -> Kernels.REFERENCE,
            List.of(event -> missing[0] |= event instanceof RunEvent.Done && !Files.exists(report)),
            new StopSignal());
    runner.prune(tiny.prune(output, "steps=12"));
    assertThat(missing[0]).isFalse();
    assertThat(Files.readString(report)).contains("\"state\":\"done\"");
  }

  @Test
  void keepsNoCheckpointOfExplodedWeightsAndTakesTheAdvisedRemedy() throws Exception {
    String[] wild = {"steps=12", "checkpoint_interval=1", "gradient_clip=1e30"};
    // The rate rises over all steps: the weights leave sense behind some way into the run.
    String[] hot = {"learning_rate=1e20", "warmup=0.9"};
    assertThatThrownBy(() -> TinyRun.runner().train(tiny.train(output, all(wild, hot))))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining(
            "repeat the command with a lower learning_rate (in a pipeline that of the stage, as"
                + " train.learning_rate)");
    // What was saved, if anything, still computes a loss.
    String[] mild = {"learning_rate=1e-3", "warmup=0.9"};
    TinyRun.runner().train(tiny.train(output, all(wild, mild)));
    assertThat(EventLog.read(output).getLast())
        .isInstanceOfSatisfying(
            RunEvent.Done.class, done -> assertThat(done.status()).isEqualTo("completed"));
  }

  @Test
  void warnsOfTheSameAfterAResume() throws Exception {
    // A mask learning rate far too low: the forecast must say so once, whoever asks.
    String[] slow = {"steps=40", "mask_learning_rate=0.01", "checkpoint_interval=3"};
    Path whole = folder.resolve("whole");
    TinyRun.runner().prune(tiny.prune(whole, slow));
    for (int stop : new int[] {10, 14, 25}) {
      stopAt(stop, slow);
    }
    TinyRun.runner().prune(tiny.prune(output, slow));

    assertThat(warnings(whole)).isNotEmpty();
    assertThat(warnings(output)).isEqualTo(warnings(whole));
  }

  @Test
  void warnsOfASparsityThatIsMissed() throws Exception {
    TinyRun.runner()
        .prune(
            tiny.pruneTo(
                output,
                "target.sparsity=0.999",
                "steps=40",
                "mask_learning_rate=0.01",
                "constraint=lagrangian"));
    List<String> warnings = warnings(output).stream().map(RunEvent.Warning::message).toList();
    assertThat(warnings)
        .anyMatch(text -> text.contains("at this pace") && text.contains("target 0.999"))
        .anyMatch(text -> text.contains("the cut") && text.contains("target 0.999"));
  }

  private static List<RunEvent.Warning> warnings(Path run) throws IOException {
    return EventLog.read(run).stream()
        .filter(RunEvent.Warning.class::isInstance)
        .map(RunEvent.Warning.class::cast)
        .toList();
  }

  private void assertSameAsWhole() throws Exception {
    Path whole = folder.resolve("whole");
    TinyRun.runner().prune(tiny.prune(whole, "steps=12"));
    assertThat(TinyRun.weights(output)).isEqualTo(TinyRun.weights(whole));
    assertThat(RunnerTest.trainSteps(EventLog.read(output)))
        .containsExactlyElementsOf(RunnerTest.steps(12));
  }

  private void resume() throws Exception {
    TinyRun.runner().prune(tiny.prune(output, "steps=12"));
  }

  private void stopped(int step, String... sets) throws Exception {
    stopAt(step, all(new String[] {"steps=12"}, sets));
  }

  private void stopAt(int step, String... sets) throws Exception {
    var signal = new StopSignal();
    new Runner((_, _) -> Kernels.REFERENCE, List.of(RunnerTest.stopAfter(step, signal)), signal)
        .prune(tiny.prune(output, sets));
  }

  private static String[] all(String[] some, String... more) {
    return Stream.of(some, more).flatMap(Arrays::stream).toArray(String[]::new);
  }
}
