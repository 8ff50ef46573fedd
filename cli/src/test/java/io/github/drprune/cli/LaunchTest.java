package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.drprune.cli.Program.Command;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.Sha256;
import io.github.drprune.run.EventLog;
import io.github.drprune.run.RunEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs in several processes, and what may happen to them. */
class LaunchTest {
  private static final int RANKS = Integer.getInteger("launch.ranks", 2);

  /** Of each fault. A longer check sets launch.trials. */
  private static final int TRIALS = Integer.getInteger("launch.trials", 1);

  /** To try at any instant of a run; by hand, with launch.ranks=4. */
  private static final int FAULTS = Integer.getInteger("launch.faults", 0);

  private static final String SHARDING = System.getProperty("launch.sharding", "optimizer");

  private static final int STEPS = 30;

  @TempDir private static Path folder;
  private static Program program;

  /** The run that nothing happens to. */
  private static Path whole;

  private static Duration usual;

  @BeforeAll
  static void prepare() throws Exception {
    program = new Program(folder);
    program.prepareDemoText();
    whole = folder.resolve("whole");
    long began = System.nanoTime();
    Command launched = launch("whole", 1800, 0);
    assertThat(launched.exit()).as(launched::said).isZero();
    usual = Duration.ofNanos(System.nanoTime() - began);
    assertThat(launched.out()).isEqualTo(whole.resolve("model") + System.lineSeparator());
    assertThat(launched.err().lines()).allMatch(line -> line.startsWith("[0] "));
  }

  @AfterAll
  static void killWhatIsLeft() {
    program.close();
  }

  @Test
  void launchedRunsAreRuns() throws Exception {
    Command alone = program.start("train" + settings("alone"));
    assertThat(alone.exit()).as(alone::said).isZero();
    List<RunEvent.Train> expected = trained("alone");
    List<RunEvent.Train> actual = trained("whole");
    assertThat(actual).hasSameSizeAs(expected).hasSize(STEPS);
    for (int i = 0; i < STEPS; i++) {
      assertThat(actual.get(i).loss()).isCloseTo(expected.get(i).loss(), within(1e-5));
      assertThat(actual.get(i).ranks()).isEqualTo(RANKS);
      assertThat(expected.get(i).ranks()).isEqualTo(1);
    }
  }

  @Test
  void aProcessThatIsKilledIsReplaced() throws Exception {
    var random = new SplittableRandom(3);
    for (int trial = 0; trial < TRIALS; trial++) {
      String run = "killed-" + trial;
      Command launched = launch(run, 1800, 3);
      Program.signal(victim(launched, run, random), "KILL");
      assertThat(launched.exit()).as(launched::said).isZero();
      assertThat(launched.err()).contains("was ended by signal 9; %d start again".formatted(RANKS));
      assertSameAsWhole(run);
    }
  }

  @Test
  void aProcessThatStopsIsReplacedAfterTheTimeout() throws Exception {
    var random = new SplittableRandom(4);
    for (int trial = 0; trial < TRIALS; trial++) {
      String run = "stopped-" + trial;
      Command launched = launch(run, 10, 3);
      Program.signal(victim(launched, run, random), "STOP");
      assertThat(launched.exit()).as(launched::said).isZero();
      assertThat(launched.err())
          .contains("lost touch", "did not come and was ended; %d start again".formatted(RANKS));
      assertSameAsWhole(run);
    }
  }

  @Test
  void processesEndWithTheirLauncherAndTheSameCommandGoesOn() throws Exception {
    var random = new SplittableRandom(5);
    for (int trial = 0; trial < TRIALS; trial++) {
      String run = "orphaned-" + trial;
      Command launched = launch(run, 1800, 0);
      victim(launched, run, random);
      List<ProcessHandle> ranks = ranks(launched);
      assertThat(ranks).hasSize(RANKS);
      launched.process().destroyForcibly();
      for (ProcessHandle rank : ranks) {
        rank.onExit().get(10, TimeUnit.SECONDS);
      }
      Command again = launch(run, 1800, 0);
      assertThat(again.exit()).as(again::said).isZero();
      assertSameAsWhole(run);
    }
  }

  /** In a run's first and last milliseconds as well, and while a checkpoint is written. */
  @Test
  void theResultIsTheSameWhateverHappensWhenever() throws Exception {
    assumeTrue(FAULTS > 0, "launch.faults is not set");
    var random = new SplittableRandom(Long.getLong("launch.seed", 7));
    String[] signals = {"KILL", "KILL", "STOP", "KILL of the launcher"};
    for (int trial = 0; trial < FAULTS; trial++) {
      String run = "fault-" + trial;
      String signal = signals[trial % signals.length];
      boolean inCheckpoint = trial / signals.length % 2 == 1;
      Command launched = launch(run, signal.equals("STOP") ? 30 : 120, 3);
      if (inCheckpoint) {
        awaitCheckpoint(run, launched, random.nextInt(STEPS / 5));
      } else {
        launched.process().waitFor(random.nextLong(usual.toMillis()), TimeUnit.MILLISECONDS);
      }
      List<ProcessHandle> ranks = ranks(launched);
      int victim = random.nextInt(RANKS);
      String hit = "after its end";
      if (signal.endsWith("launcher")) {
        hit = launched.process().isAlive() ? "step " + steps(run) : hit;
        launched.process().destroyForcibly().waitFor();
        assertNoneIsLeft(run);
        launched = launch(run, 120, 3);
      } else if (victim < ranks.size()) {
        Program.signal(ranks.get(victim).pid(), signal);
        hit = "step " + steps(run);
      }
      assertThat(launched.process().waitFor(5, TimeUnit.MINUTES)).as(launched::said).isTrue();
      assertThat(launched.exit()).as(launched::said).isZero();
      assertSameAsWhole(run);
      System.out.printf(
          "%s: %s %s, %s, %d start(s)%n",
          run, signal, inCheckpoint ? "in a checkpoint" : "at random", hit, starts(run));
      AtomicFiles.deleteTree(folder.resolve(run));
    }
  }

  /** Waits until {@code count} checkpoints are written and another one is being. */
  private static void awaitCheckpoint(String run, Command launched, int count)
      throws InterruptedException {
    Path next =
        AtomicFiles.partialOf(
            folder.resolve("%s/checkpoints/step-%d".formatted(run, 5 * (count + 1))));
    while (Files.notExists(next) && launched.process().isAlive()) {
      launched.process().waitFor(1, TimeUnit.MILLISECONDS);
    }
  }

  /** That no process of a run is there any more 10 seconds from now. */
  private static void assertNoneIsLeft(String run) throws Exception {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (isAnyOf(run)) {
      assertThat(System.nanoTime()).isLessThan(until);
      Thread.sleep(20);
    }
  }

  private static boolean isAnyOf(String run) throws IOException {
    try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        try {
          if (Files.readString(process.resolve("cmdline")).contains("output=" + path(run))) {
            return true;
          }
        } catch (IOException e) {
          // ended just now
        }
      }
      return false;
    }
  }

  private static long starts(String run) throws IOException {
    return EventLog.read(folder.resolve(run)).stream()
        .filter(RunEvent.Start.class::isInstance)
        .count();
  }

  @Test
  void aSignalToTheLauncherEndsTheRunWithACheckpoint() throws Exception {
    Command launched = launch("ended", 1800, 3);
    victim(launched, "ended", new SplittableRandom(6));
    launched.signal("TERM");
    assertThat(launched.exit()).as(launched::said).isEqualTo(143);
    var done = (RunEvent.Done) EventLog.read(folder.resolve("ended")).getLast();
    assertThat(done.status()).isEqualTo("interrupted");
    assertThat(folder.resolve("ended/checkpoints/step-" + done.step())).exists();
  }

  /** One that is ended goes on; its other stages are those of one process. */
  @Test
  void aPipelineHasItsRunsDoneByTheProcesses() throws Exception {
    String run = "of-pipeline";
    Path file =
        Files.writeString(
            folder.resolve("pipeline.yaml"),
            "train: {}\nreport: {out: %s}\n".formatted(path("report.html")));
    String keys = settings(run).replace("--set ", "--set train.");
    String command =
        "launch --ranks %d --sharding %s run %s".formatted(RANKS, SHARDING, file) + keys;

    Command refused = program.start(command + " --set train.global_batch=1");
    assertThat(refused.exit()).isEqualTo(2);
    assertThat(refused.said()).contains("train.global_batch: 1 sequences for 2 processes");
    Command uneven =
        program.start(
            "launch --ranks 3 --sharding hybrid run %s".formatted(file)
                + keys
                + " --set train.sharding_group=2");
    assertThat(uneven.exit()).isEqualTo(2);
    assertThat(uneven.said())
        .contains("train.sharding_group: 3 processes make no whole groups of 2")
        .doesNotContain("=== train");

    Command ended = program.start(command);
    victim(ended, run, new SplittableRandom(8));
    ended.signal("TERM");
    assertThat(ended.exit()).as(ended::said).isEqualTo(143);
    assertThat(folder.resolve("report.html")).doesNotExist();

    Command again = program.start(command);
    assertThat(again.exit()).as(again::said).isZero();
    assertSameAsWhole(run);
    assertThat(trained(run).getLast().ranks()).isEqualTo(RANKS);
    assertThat(folder.resolve("report.html")).isNotEmptyFile();

    // What only the processes see: the folder holds a run of other settings.
    Files.delete(folder.resolve("pipeline.yaml.state.json"));
    AtomicFiles.deleteTree(folder.resolve(run).resolve("model"));
    Command failed = program.start(command + " --set train.seed=4");
    assertThat(failed.exit()).as(failed::said).isEqualTo(2);
    assertThat(failed.said().lines().filter(line -> line.contains("drprune: "))).hasSize(1);
  }

  @Test
  void mistakesAreToldOnce() throws Exception {
    Command launched = launch("none", 1800, 3, " --set learning_rat=1");
    assertThat(launched.exit()).isEqualTo(2);
    assertThat(launched.said().lines().toList())
        .singleElement()
        .asString()
        .matches("\\[\\d\\] drprune: .*learning_rat.*");
    Command many =
        program.start(
            "launch --ranks 2 train"
                + settings("none")
                + " --set global_batch=1 --set micro_batch=1");
    assertThat(many.exit()).isEqualTo(2);
    assertThat(many.said()).contains("global_batch: 1 sequences for 2 processes");
    Command evaluate = program.start("launch --ranks 2 evaluate model");
    assertThat(evaluate.exit()).isEqualTo(2);
    assertThat(evaluate.said()).contains("'evaluate' runs in one process");
    assertThat(folder.resolve("none")).doesNotExist();
  }

  private static Command launch(String run, int timeout, int restarts, String... more)
      throws IOException {
    return program.start(
        "launch --ranks %d --sharding %s --timeout %d --restarts %d train%s%s"
            .formatted(RANKS, SHARDING, timeout, restarts, settings(run), String.join("", more)));
  }

  private static String settings(String run) {
    return " --threads 1 --set data=%s --set output=%s".formatted(path("data"), path(run))
        + " --set steps=%d --set checkpoint_interval=5 --set precision=fp32".formatted(STEPS)
        + " --set device=cpu --set seed=3 --set evaluation_sequences=4"
        + " --set evaluation_interval=20 --set global_batch=4 --set micro_batch=2"
        + " --set shape.hidden_size=16 --set shape.layers=2 --set shape.heads=2"
        + " --set shape.intermediate_size=24 --set shape.tokenizer="
        + path("tokenizer");
  }

  /** Waits until the run is somewhere in its steps, and chooses one of its processes. */
  private static long victim(Command launched, String run, SplittableRandom random)
      throws Exception {
    long step = random.nextLong(6, STEPS / 2);
    while (steps(run) < step) {
      assertThat(launched.process().isAlive()).as(launched::said).isTrue();
      launched.process().waitFor(5, TimeUnit.MILLISECONDS);
    }
    launched.process().waitFor(random.nextInt(50), TimeUnit.MILLISECONDS);
    List<ProcessHandle> ranks = ranks(launched);
    return ranks.get(random.nextInt(ranks.size())).pid();
  }

  private static List<ProcessHandle> ranks(Command launched) {
    return launched
        .process()
        .children()
        .filter(LaunchTest::isStarted)
        .sorted(Comparator.comparingLong(ProcessHandle::pid))
        .toList();
  }

  /** A process that is being started is none that computes. */
  private static boolean isStarted(ProcessHandle process) {
    return process.info().command().filter(command -> command.endsWith("java")).isPresent();
  }

  private static long steps(String run) throws IOException {
    try {
      return trained(run).size();
    } catch (UserException e) {
      return 0; // not there yet, or being written
    }
  }

  private static List<RunEvent.Train> trained(String run) throws IOException {
    return EventLog.read(folder.resolve(run)).stream()
        .filter(RunEvent.Train.class::isInstance)
        .map(RunEvent.Train.class::cast)
        .toList();
  }

  private static void assertSameAsWhole(String run) throws IOException {
    assertThat(trained(run).stream().map(RunEvent.Train::loss).toList())
        .isEqualTo(trained("whole").stream().map(RunEvent.Train::loss).toList());
    String weights = "model/model.safetensors";
    assertThat(Sha256.of(folder.resolve(run).resolve(weights)))
        .isEqualTo(Sha256.of(whole.resolve(weights)));
  }

  private static String path(String name) {
    return folder.resolve(name).toString();
  }
}
