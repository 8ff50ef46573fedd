package io.github.drprune.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.event.EventLog;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.nn.Kernels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills runs at random moments, as kill -9 does, and continues them. */
class RunKillTest {
  private static final int STEPS = 60;

  /** Of each command. Some seconds each; a longer check sets run.kills. */
  private static final int KILLS = Integer.getInteger("run.kills", 3);

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
      var runner = new Runner((_, _) -> Kernels.PLAIN, List.of(), new StopSignal());
      switch (args[1]) {
        case "prune" -> runner.prune(tiny.prune(Path.of(args[2]), sets));
        default -> runner.train(tiny.train(Path.of(args[2]), sets));
      }
    }
  }

  private Process start(String command, Path output) throws IOException {
    return new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Dorg.bytedeco.javacpp.maxBytes=0",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Victim.class.getName(),
                folder.resolve("source").toString(),
                command,
                output.toString()))
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

  private static void assertSame(Path killed, Path whole) throws IOException {
    assertThat(TinyRun.weights(killed)).isEqualTo(TinyRun.weights(whole));
    assertThat(RunnerTest.trainSteps(EventLog.read(killed)))
        .containsExactlyElementsOf(RunnerTest.steps(STEPS));
  }
}
