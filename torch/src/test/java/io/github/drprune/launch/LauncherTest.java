package io.github.drprune.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.drprune.libtorch.LibTorch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of processes that fail, with a shell's in the place of a run's. */
class LauncherTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(3);

  // Numbers of signals on Linux.
  private static final int STOP = 19;
  private static final int CONTINUE = 18;

  private final Heard heard = new Heard();

  private static final class Heard implements LaunchListener {
    private final List<String> lines = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();

    @Override
    public synchronized void output(int rank, String line) {
      lines.add(rank + ": " + line);
    }

    @Override
    public void error(int rank, String line) {}

    @Override
    public void failed(int rank, int exitCode, int again) {
      failures.add("process %d by %d, %d again".formatted(rank, exitCode, again));
    }
  }

  @BeforeAll
  static void loadLibraries() {
    LibTorch.useThreads(1);
  }

  /** The second of three devices is gone: the others go on, each with its own. */
  @Test
  void aPlaceThatFailsTwiceIsGivenUp() throws Exception {
    String script =
        """
        test $LOCAL_RANK = 1 && exit 1
        test $WORLD_SIZE = 3 && exit 3
        echo of $WORLD_SIZE at $LOCAL_RANK
        """;
    assertThat(run(script, 3, 2, 3)).isZero();
    assertThat(heard.failures)
        .containsExactly("process 1 by 1, 3 again", "process 1 by 1, 2 again");
    assertThat(heard.lines).containsExactlyInAnyOrder("0: of 2 at 0", "1: of 2 at 2");
  }

  @Test
  void noneIsGivenUpUnlessAskedFor() throws Exception {
    assertThat(run("test $RANK = 1 && exit 7; exit 3", 2, 2, 2)).isEqualTo(7);
    assertThat(heard.failures)
        .containsExactly(
            "process 1 by 7, 2 again", "process 1 by 7, 2 again", "process 1 by 7, 0 again");
  }

  /** A device that is gone at a second start is a mistake to the process that asks for it. */
  @Test
  void aMistakeEndsAllUnlessItWasNoneBefore() throws Exception {
    assertThat(run("test $RANK = 1 && exit 2; exit 3", 2, 1, 3)).isEqualTo(2);
    assertThat(heard.failures).containsExactly("process 1 by 2, 0 again");
    heard.failures.clear();
    String script =
        """
        test $LOCAL_RANK = 0 && exit $((TORCHELASTIC_RESTART_COUNT + 1))
        test $WORLD_SIZE = 2 && exit 3
        exit 0
        """;
    assertThat(run(script, 2, 1, 3)).isZero();
    assertThat(heard.failures)
        .containsExactly("process 0 by 1, 2 again", "process 0 by 2, 1 again");
  }

  /** A run that diverges in some process diverges in any number of them. */
  @Test
  void noPlaceIsGivenUpWhereARunDiverges() throws Exception {
    String script =
        """
        test $LOCAL_RANK = 0 || exit 3
        test $TORCHELASTIC_RESTART_COUNT = 0 && exit 1
        exit %d
        """
            .formatted(Launch.DIVERGED);
    assertThat(run(script, 2, 1, 3)).isEqualTo(Launch.USER_MISTAKE);
    assertThat(heard.failures)
        .containsExactly(
            "process 0 by 1, 2 again", "process 0 by %d, 0 again".formatted(Launch.DIVERGED));
  }

  @Test
  void theOneThatOthersMissIsFound() throws Exception {
    String script =
        """
        test $TORCHELASTIC_RESTART_COUNT = 1 && exit 0
        test $RANK = 1 && exec sleep 60
        exit 3
        """;
    assertThat(run(script, 3, 3, 1)).isZero();
    assertThat(heard.failures)
        .containsExactly("process 1 by %d, 3 again".formatted(LaunchListener.HUNG));
  }

  /** All is written when the first one ends well. */
  @Test
  void oneThatHangsAfterTheEndIsEnded() throws Exception {
    assertThat(run("test $RANK = 1 && exec sleep 60; exit 0", 2, 2, 1)).isZero();
    assertThat(heard.failures).isEmpty();
  }

  /** Stopped while it is still Java's helper that starts programs, where that can be caught. */
  @Test
  void oneThatIsStoppedBeforeItIsTheProgramIsEnded(@TempDir Path folder) throws Exception {
    Path ended = folder.resolve("ended");
    var caught = new AtomicLong();
    Thread catcher = Thread.ofPlatform().daemon().start(() -> stopOne(caught, ended));
    int code = run("test -e %s && exit 0; exit 3".formatted(ended), 8, 8, 30);
    catcher.interrupt();
    catcher.join();
    assumeTrue(caught.get() != 0, "no process was caught before it was the program");
    assertThat(code).isZero();
    assertThat(heard.failures)
        .filteredOn(failure -> failure.endsWith("by %d, 8 again".formatted(LaunchListener.HUNG)))
        .hasSize(1);
  }

  /**
   * Stops each child that it sees, and lets go of those that are the program already. Makes the
   * file {@code ended} when the one that it stopped is gone.
   */
  private static void stopOne(AtomicLong caught, Path ended) {
    while (!Thread.currentThread().isInterrupted()) {
      for (ProcessHandle child : ProcessHandle.current().children().toList()) {
        signal(child, STOP);
        while (child.isAlive() && !isStopped(child)) {
          Thread.onSpinWait();
        }
        if (child.info().command().filter(c -> c.endsWith("jspawnhelper")).isPresent()) {
          caught.set(child.pid());
          child.onExit().join();
          make(ended);
          return;
        }
        signal(child, CONTINUE);
      }
    }
  }

  private static void make(Path file) {
    try {
      Files.createFile(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isStopped(ProcessHandle process) {
    try {
      String stat = Files.readString(Path.of("/proc/%d/stat".formatted(process.pid())));
      return stat.startsWith(" T", stat.lastIndexOf(')') + 1);
    } catch (IOException e) {
      return false; // ended just now
    }
  }

  /** By a call, as a program that sends it would have to be started first. */
  @SuppressWarnings("restricted")
  private static void signal(ProcessHandle process, int signal) {
    Linker linker = Linker.nativeLinker();
    MethodHandle kill =
        linker.downcallHandle(
            linker.defaultLookup().find("kill").orElseThrow(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    try {
      kill.invoke((int) process.pid(), signal);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private int run(String script, int ranks, int minRanks, int restarts) throws Exception {
    var launch = new Launch(List.of("sh", "-c", script), ranks, minRanks, restarts, TIMEOUT);
    return new Launcher(launch, heard).run();
  }
}
