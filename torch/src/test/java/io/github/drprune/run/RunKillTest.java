package io.github.drprune.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.checkpoint.CheckpointStore;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.nn.Kernels;
import io.github.drprune.train.StopSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills runs at random moments, as kill -9 does, and continues them. */
class RunKillTest {
  private static final int STEPS = 60;

  /** Of each command. Some seconds each; a longer check sets run.kills. */
  private static final int KILLS = Integer.getInteger("run.kills", 3);

  /** With damage between them; a longer check sets run.damaged.kills. */
  private static final int DAMAGED_KILLS = Integer.getInteger("run.damaged.kills", 4);

  @TempDir private Path folder;

  @BeforeEach
  void prepare() throws IOException {
    new TinyRun(folder.resolve("source"));
  }

  /** The process that is killed: arguments source, command, output. */
  static final class Victim {
    public static void main(String[] args) throws Exception {
      var tiny = new TinyRun(Path.of(args[0]));
      System.out.println("started");
      // A checkpoint after every other step: many kills fall inside its writing.
      String[] sets = {"steps=" + STEPS, "checkpoint_interval=2", "evaluation_interval=20"};
      var runner = new Runner((_, _) -> Kernels.REFERENCE, List.of(), new StopSignal());
      switch (args[1]) {
        case "prune" -> {
          // Masks too slow for their target: warnings must come through kills as well.
          var slow = Stream.concat(Stream.of(sets), Stream.of("mask_learning_rate=0.01"));
          runner.prune(tiny.prune(Path.of(args[2]), slow.toArray(String[]::new)));
        }
        default -> runner.train(tiny.train(Path.of(args[2]), sets));
      }
    }
  }

  private Process start(String command, Path output) throws IOException {
    return java(Victim.class, folder.resolve("source").toString(), command, output.toString());
  }

  /** A process of the tests' own classes. */
  static Process java(Class<?> main, String... arguments) throws IOException {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-Dorg.bytedeco.javacpp.maxBytes=0",
            "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName());
    return new ProcessBuilder(Stream.concat(command.stream(), Stream.of(arguments)).toList())
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  @Test
  void killedRunsEndWithTheSameBits() throws Exception {
    var random = new SplittableRandom(11);
    for (String command : List.of("prune", "train")) {
      Path whole = folder.resolve(command + "-whole");
      Process undisturbed = start(command, whole);
      undisturbed.getInputStream().read();
      long began = System.nanoTime();
      assertThat(undisturbed.waitFor()).isZero();
      long millis = (System.nanoTime() - began) / 1_000_000;

      Path killed = folder.resolve(command + "-killed");
      int kills = 0;
      while (kills < KILLS) {
        Process process = start(command, killed);
        process.getInputStream().read();
        if (process.waitFor(random.nextLong(millis), TimeUnit.MILLISECONDS)) {
          assertSame(killed, whole);
          AtomicFiles.deleteTree(killed); // it came through: kill a run from its beginning again
        } else {
          process.destroyForcibly().waitFor();
          kills++;
        }
      }
      assertThat(start(command, killed).waitFor()).isZero();
      assertSame(killed, whole);
    }
  }

  /**
   * Kills, and damages a random file of the folder after every fourth kill. No run may be lost that
   * has a whole checkpoint.
   */
  @Test
  void killedAndDamagedRunsEndWithTheSameBits() throws Exception {
    var random = new SplittableRandom(12);
    Path whole = folder.resolve("whole");
    Process undisturbed = start("prune", whole);
    undisturbed.getInputStream().read();
    long began = System.nanoTime();
    assertThat(undisturbed.waitFor()).isZero();
    long millis = (System.nanoTime() - began) / 1_000_000;

    Path killed = folder.resolve("killed");
    int kills = 0;
    int damages = 0;
    int finished = 0;
    int lost = 0;
    while (kills < DAMAGED_KILLS || finished == 0) {
      Process process = start("prune", killed);
      process.getInputStream().read();
      boolean last = kills >= DAMAGED_KILLS;
      if (last || process.waitFor(random.nextLong(millis), TimeUnit.MILLISECONDS)) {
        if (process.waitFor() == 0) {
          assertSame(killed, whole);
          finished++;
        } else {
          // Only for want of any whole checkpoint.
          assertThatThrownBy(() -> store(killed).newest(_ -> {})).isInstanceOf(UserException.class);
          lost++;
        }
        AtomicFiles.deleteTree(killed);
      } else {
        process.destroyForcibly().waitFor();
        kills++;
        // The folder is not there yet where the kill came first.
        if (kills % 4 == 0 && Files.exists(killed) && !isFinished(killed)) {
          damage(killed, random);
          damages++;
        }
      }
    }
    System.out.printf(
        "%d kills, %d damaged files: %d runs finished with the same bits, %d had no whole"
            + " checkpoint%n",
        kills, damages, finished, lost);
  }

  private static CheckpointStore store(Path run) {
    return new CheckpointStore(run.resolve("checkpoints"), 2, ProcessGroup.SINGLE);
  }

  private static boolean isFinished(Path run) {
    try {
      return EventLog.read(run).getLast() instanceof RunEvent.Done;
    } catch (UserException | IOException | NoSuchElementException e) {
      return false;
    }
  }

  /** Cuts a random file short, flips one of its bits, or deletes it. */
  private static void damage(Path run, SplittableRandom random) throws IOException {
    List<Path> files;
    try (var all = Files.walk(run)) {
      files = all.filter(Files::isRegularFile).sorted().toList();
    }
    if (files.isEmpty()) {
      return;
    }
    Path file = files.get(random.nextInt(files.size()));
    byte[] bytes = Files.readAllBytes(file);
    switch (random.nextInt(3)) {
      case 0 -> Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
      case 1 -> Files.delete(file);
      default -> {
        if (bytes.length > 0) {
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
          Files.write(file, bytes);
        }
      }
    }
  }

  private static void assertSame(Path killed, Path whole) throws IOException {
    assertThat(TinyRun.weights(killed)).isEqualTo(TinyRun.weights(whole));
    assertThat(RunnerTest.figures(killed)).isEqualTo(RunnerTest.figures(whole));
    assertThat(warnings(killed)).isEqualTo(warnings(whole));
    assertThat(RunnerTest.trainSteps(EventLog.read(killed)))
        .containsExactlyElementsOf(RunnerTest.steps(STEPS));
    assertThat(Files.readString(killed.resolve("report.html"))).contains("\"state\":\"done\"");
  }

  /** All warnings but those of damage. */
  private static List<RunEvent> warnings(Path run) throws IOException {
    return EventLog.read(run).stream()
        .filter(
            event ->
                event instanceof RunEvent.Warning warning
                    && !warning.message().contains("trying the one before")
                    && !warning.message().contains("restored from the checkpoint"))
        .toList();
  }
}
