package io.github.drprune.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.io.ByteSize;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ModelFamily;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.Kernels;
import io.github.drprune.train.StopSignal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs of every family, with the kernels and the precision that users have. */
class FamilyRunTest {
  private static final int KILLED_PRUNING_AFTER = 9;
  private static final int KILLED_TRAINING_AFTER = 12;
  private static final String IN_THE_MIDDLE = "all runs are in the middle";

  @TempDir private static Path folder;

  /** The last tiny model of each family. */
  static Stream<ModelSpec> models() {
    return ModelFamily.ALL.stream()
        .map(
            family ->
                TinyModels.all()
                    .filter(spec -> spec.family().equals(family))
                    .reduce((_, later) -> later)
                    .orElseThrow());
  }

  /** Prunes every family, and again together with a training until both are killed. */
  @BeforeAll
  static void runAndKill() throws Exception {
    var tiny = new TinyRun(folder);
    for (ModelSpec spec : models().toList()) {
      var runs = new Runs(tiny, folder, spec);
      try (var model = TinyModels.model(spec, 3)) {
        ModelWriter.save(
            model, runs.source(), tiny.model(), Optional.empty(), ByteSize.parse("1GB"));
      }
      runs.prune("whole", runner(List.of()));
    }
    Process victim = RunKillTest.java(Victim.class, folder.toString());
    try (var output = victim.inputReader()) {
      assertThat(output.readLine()).isEqualTo(IN_THE_MIDDLE);
    } finally {
      victim.destroyForcibly().waitFor();
    }
  }

  /** The process that is killed, in the middle of two runs of each family. */
  static final class Victim {
    public static void main(String[] args) throws Exception {
      Path folder = Path.of(args[0]);
      var tiny = new TinyRun(folder);
      for (ModelSpec spec : models().toList()) {
        var runs = new Runs(tiny, folder, spec);
        leaveAfter(KILLED_PRUNING_AFTER, runner -> runs.prune("killed", runner));
        leaveAfter(KILLED_TRAINING_AFTER, runner -> runs.train("killed", runner));
      }
      System.out.println(IN_THE_MIDDLE);
      new CountDownLatch(1).await();
    }

    /** Takes a run to the end of a step, where its thread stays. */
    private static void leaveAfter(int step, Run run) throws InterruptedException {
      var reached = new CountDownLatch(1);
      Consumer<RunEvent> listener =
          event -> {
            if (event instanceof RunEvent.Train train && train.step() == step) {
              reached.countDown();
              while (true) {
                LockSupport.park();
              }
            }
          };
      Thread.ofPlatform()
          .start(
              () -> {
                try {
                  run.with(runner(List.of(listener)));
                } catch (Exception e) {
                  e.printStackTrace();
                }
                Runtime.getRuntime().halt(1); // the run did not get to that step
              });
      reached.await();
    }
  }

  private interface Run {
    void with(Runner runner) throws Exception;
  }

  private static Runner runner(List<Consumer<RunEvent>> listeners) {
    return new Runner(Kernels::select, listeners, new StopSignal());
  }

  /** The runs of a family, by name. */
  private record Runs(TinyRun tiny, Path root, ModelSpec spec) {
    private Path folder() {
      return root.resolve("families").resolve(spec.family().modelType());
    }

    Path source() {
      return folder().resolve("source");
    }

    Path pruned(String name) {
      return folder().resolve("pruned-" + name);
    }

    Path trained(String name) {
      return folder().resolve("trained-" + name);
    }

    void prune(String name, Runner runner) throws Exception {
      ModelShape target = half(spec);
      String[] sets = {
        "model=" + source(),
        "steps=20",
        "precision=bf16",
        "checkpoint_interval=6",
        "evaluation_interval=20",
        "target.hidden_size=" + target.hiddenSize(),
        "target.layers=" + target.layers(),
        "target.heads=" + target.heads(),
        "target.intermediate_size=" + target.intermediateSize()
      };
      runner.prune(tiny.prune(pruned(name), sets));
    }

    /** Trains what the undisturbed pruning left. */
    void train(String name, Runner runner) throws Exception {
      String[] sets = {
        "model=" + pruned("whole").resolve("model"),
        "steps=20",
        "precision=bf16",
        "checkpoint_interval=6",
        "evaluation_interval=20"
      };
      runner.train(tiny.train(trained(name), sets));
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void aKilledRunOfTwoStagesEndsWithTheSameBits(ModelSpec spec) throws Exception {
    var runs = new Runs(new TinyRun(folder), folder, spec);
    assertKilledAfter(KILLED_PRUNING_AFTER, runs.pruned("killed"));
    runs.prune("killed", runner(List.of()));
    assertThat(TinyRun.weights(runs.pruned("killed")))
        .isEqualTo(TinyRun.weights(runs.pruned("whole")));
    assertThat(RunnerTest.figures(runs.pruned("killed")))
        .isEqualTo(RunnerTest.figures(runs.pruned("whole")));
    assertThat(CheckpointCheck.of(runs.pruned("whole").resolve("model")).shape())
        .isEqualTo(half(spec));

    assertKilledAfter(KILLED_TRAINING_AFTER, runs.trained("killed"));
    runs.train("killed", runner(List.of()));
    runs.train("whole", runner(List.of()));
    assertThat(TinyRun.weights(runs.trained("killed")))
        .isEqualTo(TinyRun.weights(runs.trained("whole")))
        .isNotEqualTo(TinyRun.weights(runs.pruned("whole")));
  }

  private static void assertKilledAfter(int step, Path run) throws IOException {
    List<RunEvent> events = EventLog.read(run);
    assertThat(RunnerTest.trainSteps(events)).isEqualTo(RunnerTest.steps(step));
    assertThat(events).noneMatch(event -> event instanceof RunEvent.Done);
  }

  /** Half of everything. */
  private static ModelShape half(ModelSpec spec) {
    return new ModelShape(
        spec.hiddenSize() / 2,
        spec.layers() / 2,
        spec.heads() / 2,
        spec.kvHeads() / 2,
        spec.intermediateSize() / 2);
  }
}
