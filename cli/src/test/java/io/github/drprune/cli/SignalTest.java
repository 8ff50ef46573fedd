package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.drprune.cli.Program.Command;
import io.github.drprune.run.EventLog;
import io.github.drprune.run.RunEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs in processes of their own: what a signal does to them, and a second one to the first. */
class SignalTest {
  @TempDir private Path folder;

  private Program program;

  @BeforeEach
  void program() {
    program = new Program(folder);
  }

  @AfterEach
  void killWhatIsLeft() {
    program.close();
  }

  @ParameterizedTest
  @CsvSource({"TERM, 15", "INT, 2"})
  void signalEndsTheRunWithACheckpointAndTheSameCommandGoesOn(String name, int number)
      throws Exception {
    assumeThat(isIgnored(number))
        .as("signal %s is ignored by what started these tests, and so by their processes", name)
        .isFalse();
    program.prepareDemoText();
    Command first = start();
    awaitSteps(first, 3);
    Command second = start();
    assertThat(second.exit()).isEqualTo(2);
    assertThat(second.said().lines().toList()).singleElement().asString().contains(path("run"));
    long step = end(first, name, number);
    assertThat(first.said()).contains("interrupted after step " + step);

    Command third = start();
    awaitSteps(third, step + 3);
    end(third, name, number);
    assertThat(trained()).isSorted().doesNotHaveDuplicates().startsWith(1L);
  }

  @Test
  void signalBeforeTheFirstStepEndsTheRunAtOnceAndTheFolderIsFree() throws Exception {
    assumeThat(isIgnored(15)).as("SIGTERM is ignored by what started these tests").isFalse();
    program.prepareDemoText();
    Command slow = start(512, 1000);
    while (events().isEmpty()) {
      assertThat(slow.process().isAlive()).as(slow::said).isTrue();
      slow.process().waitFor(20, TimeUnit.MILLISECONDS);
    }
    slow.signal("TERM");

    assertThat(slow.exit()).as(slow::said).isEqualTo(128 + 15);
    assertThat(slow.said()).contains("nothing to keep");
    assertThat(events()).noneMatch(RunEvent.Evaluation.class::isInstance);
    awaitSteps(start(), 1);
  }

  private Command start() throws IOException {
    return start(16, 1);
  }

  private Command start(int hidden, int evaluated) throws IOException {
    return program.start(
        "train --threads 1 --set data=%s --set output=%s --set steps=1000000"
                .formatted(path("data"), path("run"))
            + " --set seq_len=64 --set global_batch=1 --set micro_batch=1"
            + " --set shape.layers=1 --set shape.heads=1 --set shape.intermediate_size=24"
            + " --set evaluation_sequences=%d --set shape.hidden_size=%d --set shape.tokenizer=%s"
                .formatted(evaluated, hidden, path("tokenizer")));
  }

  /** Sends the signal; the step of the checkpoint that the run left. */
  private long end(Command run, String name, int number) throws Exception {
    run.signal(name);
    assertThat(run.exit()).as(run::said).isEqualTo(128 + number);
    var done = (RunEvent.Done) EventLog.read(folder.resolve("run")).getLast();
    assertThat(done.status()).isEqualTo("interrupted");
    assertThat(folder.resolve("run/checkpoints/step-" + done.step())).exists();
    return done.step();
  }

  private void awaitSteps(Command run, long steps) throws Exception {
    while (trained().stream().noneMatch(step -> step >= steps)) {
      assertThat(run.process().isAlive()).as(run::said).isTrue();
      run.process().waitFor(20, TimeUnit.MILLISECONDS);
    }
  }

  private List<RunEvent> events() throws IOException {
    Path log = folder.resolve("run").resolve(EventLog.FILE_NAME);
    return Files.exists(log) ? EventLog.read(folder.resolve("run")) : List.of();
  }

  private List<Long> trained() throws IOException {
    return events().stream()
        .filter(RunEvent.Train.class::isInstance)
        .map(event -> ((RunEvent.Train) event).step())
        .toList();
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private static boolean isIgnored(int signal) throws IOException {
    String ignored =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .findFirst()
            .orElseThrow()
            .substring("SigIgn:".length())
            .strip();
    return (Long.parseUnsignedLong(ignored, 16) >>> (signal - 1) & 1) == 1;
  }
}
