package io.github.drprune.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.distributed.GlooGroup;
import io.github.drprune.distributed.PeerLostException;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.distributed.Rendezvous;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import io.github.drprune.run.RunResult;
import io.github.drprune.spark.TrainingTask.Outcome;
import io.github.drprune.train.DivergedException;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How tasks end, with threads in their place. */
class TrainingTaskTest {
  @TempDir private Path folder;

  /** Waits for the others for ever. */
  private static RunResult waiting(ProcessGroup processes) {
    while (!processes.any(false)) {
      Thread.onSpinWait();
    }
    throw new IllegalStateException("nobody says so");
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** The first of two tasks waits for the second, whose work is given. */
  private static List<Future<Outcome>> outcomes(ToldMistake told, TrainingTask.Work second)
      throws Exception {
    int port = freePort();
    try (var threads = Executors.newFixedThreadPool(2)) {
      return threads.invokeAll(
          List.of(
              task(told, port, 0, TrainingTaskTest::waiting),
              task(told, port, 1, _ -> second.run())));
    }
  }

  /** What a task does with the others. */
  private interface Sharing {
    RunResult run(ProcessGroup processes) throws IOException, InterruptedException;
  }

  private static Callable<Outcome> task(ToldMistake told, int port, int rank, Sharing work) {
    var meeting = new Rendezvous("127.0.0.1", port, rank, 2, 2, false, 0, Duration.ofSeconds(60));
    return () -> {
      try (var processes = GlooGroup.join(meeting)) {
        return TrainingTask.ended(told, () -> work.run(processes));
      }
    };
  }

  @Test
  void aMistakeThatOneMeetsAloneIsWhatAllEndWith() throws Exception {
    var told = ToldMistake.of(folder.resolve("runs/run"));
    List<Future<Outcome>> ends =
        outcomes(
            told,
            () -> {
              throw new UserException("shard-3.npy: became shorter");
            });
    var expected = new Outcome(0, null, false, "shard-3.npy: became shorter");
    assertThat(ends.get(0).get()).isEqualTo(expected);
    assertThat(ends.get(1).get()).isEqualTo(expected);
    List<String> sent = List.of(Json.line(ends.get(0).get()), Json.line(ends.get(1).get()));
    assertThatThrownBy(() -> Outcome.joined(sent))
        .isInstanceOf(UserException.class)
        .hasMessage("shard-3.npy: became shorter");
    told.forget();
    assertThat(folder.resolve("runs")).isEmptyDirectory();
  }

  @Test
  void aRunThatDivergesIsAMistake() throws Exception {
    var told = ToldMistake.of(folder.resolve("runs/run"));
    Outcome end =
        TrainingTask.ended(
            told,
            () -> {
              throw new DivergedException("step 2: no finite loss");
            });
    assertThat(end).isEqualTo(new Outcome(0, null, false, "step 2: no finite loss"));
    assertThat(told.read()).contains("step 2: no finite loss");
  }

  @Test
  void aTaskThatIsLostHasTheOthersFail() throws Exception {
    List<Future<Outcome>> ends =
        outcomes(
            ToldMistake.of(folder.resolve("run")),
            () -> {
              throw new IllegalStateException("killed");
            });
    assertThatThrownBy(ends.get(0)::get).hasCauseInstanceOf(PeerLostException.class);
    assertThatThrownBy(ends.get(1)::get).hasCauseInstanceOf(IllegalStateException.class);
  }
}
