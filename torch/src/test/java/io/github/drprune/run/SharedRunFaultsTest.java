package io.github.drprune.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.distributed.Ranks;
import io.github.drprune.distributed.StoppedByPeerException;
import io.github.drprune.error.UserException;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.nn.Kernels;
import io.github.drprune.nn.LossKernel;
import io.github.drprune.nn.LossKernel.TokenLoss;
import io.github.drprune.train.StopSignal;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What one of several processes meets, all of them answer to. */
class SharedRunFaultsTest {
  @TempDir private static Path together;
  @TempDir private Path folder;
  private TinyRun tiny;

  @BeforeEach
  void prepare() throws IOException {
    tiny = new TinyRun(together.resolve("source"));
  }

  @Test
  void aStopInAnyProcessStopsAll() throws Exception {
    Path output = folder.resolve("run");
    List<RunResult> results =
        Ranks.run(
            2,
            processes -> {
              var stop = new StopSignal();
              if (processes.rank() == 1) {
                stop.request();
              }
              return runner(Kernels.REFERENCE, stop, processes)
                  .train(tiny.train(output, "steps=4"));
            });
    assertThat(results).allMatch(RunResult::isInterrupted);
    assertThat(EventLog.read(output).getLast())
        .isInstanceOfSatisfying(
            RunEvent.Done.class, done -> assertThat(done.status()).isEqualTo("interrupted"));
  }

  /** Not finite in one process alone: all leave the batch out, and what it left behind. */
  @Test
  void aLossThatIsNotFiniteInOneProcessIsLeftOutByAll() throws Exception {
    Path expected = null;
    for (String sharding : List.of("none", "optimizer", "full")) {
      Path output = folder.resolve(sharding);
      Ranks.run(
          2,
          processes -> {
            var kernels = processes.rank() == 1 ? failingOnce(2) : Kernels.REFERENCE;
            return runner(kernels, new StopSignal(), processes)
                .train(tiny.train(output, "steps=3", "micro_batch=1", "sharding=" + sharding));
          });
      assertThat(EventLog.read(output))
          .filteredOn(event -> event.toString().contains("is not finite"))
          .singleElement()
          .asString()
          .contains("sequences 4 to 7");
      assertThat(RunnerTest.trainSteps(EventLog.read(output)))
          .containsExactlyElementsOf(RunnerTest.steps(3));
      if (expected != null) {
        SharedRunTest.assertCloseWeights(output, expected);
      }
      expected = output;
    }
  }

  /** Kernels whose loss is not finite in the last micro-batch of step {@code step}, of two. */
  private static Kernels failingOnce(int step) {
    var passes = new int[1];
    return losing(
        (hidden, head, targets) -> {
          TokenLoss loss = LossKernel.REFERENCE.loss(hidden, head, targets);
          boolean bad = loss.mean().requires_grad() && ++passes[0] == 2 * step;
          return bad
              ? new TokenLoss(
                  Ops.mul(loss.mean(), Double.NaN), Ops.mul(loss.perToken(), Double.NaN), null)
              : loss;
        });
  }

  @Test
  void refusesMoreProcessesThanSequences() {
    assertThatThrownBy(() -> train(5, "steps=2"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("global_batch: 4 sequences for 5 processes");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void refusesGroupsThatAreNotWhole() {
    assertThatThrownBy(() -> train(3, "steps=2", "sharding=hybrid", "sharding_group=2"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("sharding_group: 3 processes make no whole groups of 2");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void refusesMachinesOfUnequalNumbersAsGroups() throws Exception {
    List<String> ends =
        Ranks.runOnMachines(
            Duration.ofSeconds(60),
            List.of(2, 2, 1),
            processes -> {
              try {
                runner(Kernels.REFERENCE, new StopSignal(), processes)
                    .train(tiny.train(folder.resolve("run"), "steps=2", "sharding=hybrid"));
                return "ran";
              } catch (UserException e) {
                return e.getMessage();
              }
            });
    assertThat(ends)
        .containsOnly(
            "sharding_group: missing, and machines have from 1 to 2 of 3 processes; choose a"
                + " number that divides theirs, or sharding=full");
  }

  /**
   * Scores take longer than the time-out, but no piece of them does. (Processes that begin at the
   * same instant may take 5 seconds to meet, so that it cannot be shorter.)
   */
  @Test
  void theFirstIsWaitedForWhileItScoresUnits() throws Exception {
    Path output = folder.resolve("run");
    List<RunResult> results =
        Ranks.run(
            2,
            Duration.ofSeconds(6),
            processes ->
                runner(
                        processes.isFirst() ? slow(8000) : Kernels.REFERENCE,
                        new StopSignal(),
                        processes)
                    .prune(tiny.prune(output, "steps=1", "sharding=full")));
    assertThat(results).allMatch(result -> result.model().isPresent());
  }

  /** Kernels whose first losses, those of calibration text, take so long together. */
  private static Kernels slow(long millis) {
    var left = new int[] {CalibrationData.SEQUENCES};
    long nanos = TimeUnit.MILLISECONDS.toNanos(millis) / CalibrationData.SEQUENCES;
    return losing(
        (hidden, head, targets) -> {
          if (left[0]-- > 0) {
            LockSupport.parkNanos(nanos);
          }
          return LossKernel.REFERENCE.loss(hidden, head, targets);
        });
  }

  private static Kernels losing(LossKernel kernel) {
    var plain = Kernels.REFERENCE;
    return new Kernels(
        plain.attention(), kernel, plain.linear(), plain.norm(), plain.rotary(), plain.gate());
  }

  /** A folder that another run holds: the first process says so, the others stop with it. */
  @Test
  void whatTheFirstRefusesStopsAll() throws Exception {
    Path output = folder.resolve("run");
    try (var _ = RunFolder.open(output)) {
      List<String> ends =
          Ranks.run(
              2,
              processes -> {
                try {
                  runner(Kernels.REFERENCE, new StopSignal(), processes)
                      .train(tiny.train(output, "steps=2"));
                  return "ran";
                } catch (UserException | StoppedByPeerException e) {
                  return e.getMessage();
                }
              });
      assertThat(ends.get(0)).contains("another process is running");
      assertThat(ends.get(1)).contains("another process cannot go on");
    }
  }

  private void train(int ranks, String... sets) throws Exception {
    Ranks.run(
        ranks,
        processes ->
            runner(Kernels.REFERENCE, new StopSignal(), processes)
                .train(tiny.train(folder.resolve("run"), sets)));
  }

  private static Runner runner(Kernels kernels, StopSignal stop, ProcessGroup processes) {
    return new Runner((_, _) -> kernels, List.of(), stop, processes);
  }
}
