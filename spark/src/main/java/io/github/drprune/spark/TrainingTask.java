package io.github.drprune.spark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.distributed.GlooGroup;
import io.github.drprune.distributed.PeerLostException;
import io.github.drprune.distributed.Rendezvous;
import io.github.drprune.distributed.StoppedByPeerException;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.nn.Kernels;
import io.github.drprune.run.RunFolder;
import io.github.drprune.run.RunResult;
import io.github.drprune.run.Runner;
import io.github.drprune.run.TrainRun;
import io.github.drprune.train.StopSignal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.BarrierTaskInfo;
import org.apache.spark.SparkEnv;

/** A task of a barrier stage, which is one of the processes that compute a run together. */
final class TrainingTask {
  /** In which what is left of an earlier attempt at the stage lets go of the run's folder. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /**
   * How a task ended.
   *
   * @param model the resulting checkpoint; null where the run was interrupted
   * @param mistake of the user's; null where there was none
   */
  record Outcome(long step, String model, boolean wasDone, String mistake) {
    private static final Outcome STOPPED = new Outcome(0, null, false, null);

    private static Outcome of(RunResult result) {
      return new Outcome(
          result.step(), result.model().map(Path::toString).orElse(null), result.wasDone(), null);
    }

    private static Outcome of(String mistake) {
      return new Outcome(0, null, false, mistake);
    }

    /** What all of them came to. */
    static Outcome joined(List<String> outcomes) {
      List<Outcome> all =
          outcomes.stream().map(json -> Json.read(json, Outcome.class, "task")).toList();
      all.stream()
          .map(Outcome::mistake)
          .filter(Objects::nonNull)
          .findFirst()
          .ifPresent(
              mistake -> {
                throw new UserException(mistake);
              });
      return all.getFirst();
    }

    RunResult result() {
      return new RunResult(step, Optional.ofNullable(model).map(Path::of), wasDone);
    }
  }

  /** What a task does. */
  @FunctionalInterface
  interface Work {
    RunResult run() throws IOException, InterruptedException;
  }

  private TrainingTask() {}

  /**
   * Trains; the result is an {@link Outcome} as JSON.
   *
   * @param config as JSON
   * @param mistake file of a {@link ToldMistake}
   */
  static List<String> run(String config, long timeoutSeconds, String mistake) {
    try {
      var tree = (ObjectNode) Json.tree(config, "run");
      var settings = ConfigLoader.of(tree, TrainConfig.class);
      var told = new ToldMistake(Path.of(mistake));
      return List.of(Json.line(outcome(settings, timeoutSeconds, told)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static Outcome outcome(TrainConfig config, long timeoutSeconds, ToldMistake told)
      throws IOException, InterruptedException {
    var context = BarrierTaskContext.get();
    Rendezvous meeting = meeting(context, Duration.ofSeconds(timeoutSeconds));
    LibTorch.useThreads(Math.max(1, context.cpus()));
    var stop = new StopSignal();
    Thread.ofPlatform().daemon().name("task-watch").start(() -> watch(context, stop));
    try (var processes = GlooGroup.join(meeting)) {
      return ended(
          told,
          () -> {
            if (processes.isFirst() && context.stageAttemptNumber() > 0) {
              awaitFree(config.run().output());
            }
            return new Runner(Kernels::select, List.of(), stop, processes)
                .execute(new TrainRun(config));
          });
    }
  }

  /** How {@code work} ends, which is done together with the others while they are in touch. */
  static Outcome ended(ToldMistake told, Work work) throws IOException, InterruptedException {
    try {
      return Outcome.of(work.run());
    } catch (UserException e) {
      // Trying again would not help. The others are stopped by this one.
      told.tell(e);
      return Outcome.of(e.getMessage());
    } catch (StoppedByPeerException e) {
      return Outcome.STOPPED;
    } catch (PeerLostException e) {
      return told.read().map(Outcome::of).orElseThrow(() -> e);
    }
  }

  /** Where the tasks meet: in the first one's process, at a port that it finds free. */
  private static Rendezvous meeting(BarrierTaskContext context, Duration timeout)
      throws IOException {
    String host = hosts(context.getTaskInfos()).get(context.partitionId());
    boolean first = context.partitionId() == 0;
    String[] told =
        context.allGather(
            SparkEnv.get().executorId() + " " + host + " " + (first ? freePort() : 0));
    List<String> all = Arrays.asList(told);
    List<String> executors = all.stream().map(line -> line.split(" ")[0]).toList();
    if (new HashSet<>(executors).size() < executors.size()) {
      throw new UserException(
          "two tasks are in one executor, but LibTorch is there once for each; have as many"
              + " executors as ranks (not local mode)");
    }
    String[] ofFirst = all.getFirst().split(" ");
    return new Rendezvous(
        ofFirst[1],
        Integer.parseInt(ofFirst[2]),
        context.partitionId(),
        all.size(),
        (int) all.stream().filter(line -> line.split(" ")[1].equals(host)).count(),
        false,
        context.stageAttemptNumber(),
        timeout);
  }

  private static List<String> hosts(BarrierTaskInfo... tasks) {
    return Arrays.stream(tasks)
        .map(task -> task.address().substring(0, task.address().lastIndexOf(':')))
        .toList();
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** A task that Spark ends stops its run, with a checkpoint where the others are still there. */
  private static void watch(BarrierTaskContext context, StopSignal stop) {
    try {
      while (!context.isCompleted()) {
        if (context.isInterrupted()) {
          stop.request();
        }
        TimeUnit.MILLISECONDS.sleep(200);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for an earlier attempt's first task, which may not know yet that it is to end. */
  private static void awaitFree(Path output) throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      try (var _ = RunFolder.open(output)) {
        return;
      } catch (UserException e) {
        TimeUnit.MILLISECONDS.sleep(500);
      }
    }
  }
}
