package io.github.drprune.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.model.ModelSummary;
import io.github.drprune.run.EventLog;
import io.github.drprune.run.EventWriter;
import io.github.drprune.run.RunEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run's own evaluations say of its end. */
final class ExpectedLossTest {
  private static final ModelSummary MODEL =
      new ModelSummary("llama", 128, 6, 4, 4, 352, 2_254_464, 1_204_224L);

  @TempDir private Path folder;
  private final Random noise = new Random(5);
  private EventWriter events;

  @BeforeEach
  void begin() throws IOException {
    events = new EventWriter(folder.resolve(EventLog.FILE_NAME), 0);
    start(0);
  }

  @AfterEach
  void end() throws IOException {
    events.close();
  }

  private void start(long step) throws IOException {
    events.write(
        new RunEvent.Start(
            step, "train", null, 400, 4096, MODEL, null, List.of("web"), null, Map.of()));
  }

  /** As language models lose it, with the noise of small evaluations. */
  private static double loss(double tokens) {
    return 3.6 + 20 * Math.pow(tokens, -0.33);
  }

  private void evaluate(long step, double loss) throws IOException {
    events.write(
        new RunEvent.Evaluation(
            step,
            step * 4096,
            Map.of("web", new RunEvent.DomainEvaluation(loss, Math.exp(loss), 8160)),
            loss,
            "web",
            Map.of()));
  }

  private void evaluateTo(long last) throws IOException {
    for (long step = 10; step <= last; step += 10) {
      evaluate(step, loss(step * 4096.0) + 0.002 * noise.nextGaussian());
    }
  }

  private Optional<ExpectedLoss> at(long tokens) throws IOException {
    return ExpectedLoss.of(folder, MODEL, tokens);
  }

  @Test
  void theRangeHoldsTheLossOfTheLaw() throws IOException {
    evaluateTo(200);
    for (long tokens : List.of(1_000_000L, 1_640_000L, 3_200_000L)) {
      ExpectedLoss expected = at(tokens).orElseThrow();
      assertThat(loss(tokens)).isBetween(expected.low(), expected.high());
      assertThat(expected.high() - expected.low()).isBetween(1e-4, 0.1);
      assertThat(expected.evaluations()).isEqualTo(20);
      assertThat(expected.tokens()).isEqualTo(819_200);
    }
  }

  @Test
  void nothingIsSaidOfWhatIsKnownOrTooFar() throws IOException {
    evaluateTo(200);
    assertThat(at(819_200)).isEmpty();
    assertThat(at(819_201)).isPresent();
    assertThat(at(40_000_000)).isEmpty();
  }

  @Test
  void fewOrWildEvaluationsSayNothing() throws IOException {
    evaluateTo(100);
    assertThat(at(1_000_000)).as("10 evaluations").isEmpty();
    for (long step = 110; step <= 150; step += 10) {
      evaluate(step, 4 + 2 * (step / 10 % 2));
    }
    assertThat(at(1_000_000)).as("losses that jump").isEmpty();
  }

  @Test
  void anotherModelsRunSaysNothing() throws IOException {
    evaluateTo(200);
    var other = new ModelSummary("llama", 128, 5, 4, 4, 352, 2_000_000, 1_000_000L);
    assertThat(ExpectedLoss.of(folder, other, 1_000_000)).isEmpty();
    assertThat(ExpectedLoss.of(folder.resolve("none"), MODEL, 1_000_000)).isEmpty();
  }

  @Test
  void whatAResumedRunTakesAgainCountsOnce() throws IOException {
    evaluateTo(200);
    Optional<ExpectedLoss> first = at(1_640_000);
    for (long step = 210; step <= 300; step += 10) {
      evaluate(step, 9);
    }
    start(200);
    assertThat(at(1_640_000)).isEqualTo(first);
  }

  @Test
  void aLogThatIsBeingWrittenIsRead() throws IOException {
    evaluateTo(200);
    Files.writeString(
        folder.resolve(EventLog.FILE_NAME), "{\"event\":\"eval", StandardOpenOption.APPEND);
    assertThat(at(1_640_000)).isPresent();
  }
}
