package io.github.drprune.tensorboard;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.run.RunEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardWriterTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.ofEpochMilli(1_767_225_600_250L), ZoneOffset.UTC);

  @TempDir Path folder;

  private List<EventFile.Event> written(RunEvent... events) throws IOException {
    Path board = folder.resolve("tensorboard");
    try (var writer = new TensorBoardWriter(board, CLOCK)) {
      for (var event : events) {
        writer.write(event);
      }
    }
    try (var files = Files.list(board)) {
      Path file = files.findFirst().orElseThrow();
      // TensorBoard finds event files by this part of their name.
      assertThat(file.getFileName().toString()).contains("tfevents");
      return EventFile.read(file).events();
    }
  }

  @Test
  void theParsersChecksumIsThatOfTheSpecification() {
    // RFC 3720, B.4: 32 bytes of zeros; and the check value of CRC-32C.
    assertThat(EventFile.crc32c(new byte[32])).isEqualTo(0x8a9136aa);
    assertThat(EventFile.crc32c("123456789".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(0xe3069283);
  }

  @Test
  void beginsWithTheVersionOfTheFormat() throws IOException {
    var first = written().getFirst();
    assertThat(first.fileVersion()).isEqualTo("brain.Event:2");
    assertThat(first.wallTime()).isEqualTo(1_767_225_600.25);
  }

  @Test
  void trainingStepsComeBackWithEqualValues() throws IOException {
    var event =
        written(
                new RunEvent.Train(
                    300,
                    2.5,
                    Map.of("wiki", 2.25, "größe/🙂", 3.0),
                    1L << 40,
                    1e5,
                    3e-4,
                    0.7,
                    0.25,
                    null,
                    1.25,
                    1))
            .getLast();
    assertThat(event.step()).isEqualTo(300);
    assertThat(event.scalars())
        .containsEntry("train/loss", 2.5f)
        .containsEntry("train/domain_loss/wiki", 2.25f)
        .containsEntry("train/domain_loss/größe/🙂", 3f)
        .containsEntry("train/tokens", (float) (1L << 40))
        .containsEntry("train/tokens_per_second", 1e5f)
        .containsEntry("train/learning_rate", 3e-4f)
        .containsEntry("train/gradient_norm", 0.7f)
        .containsEntry("masks/expected/all", 0.25f)
        .doesNotContainKey("masks/target/all");
  }

  @Test
  void evaluationsAndWeightsComeBackWithEqualValues() throws IOException {
    var events =
        written(
            new RunEvent.Evaluation(
                5,
                10,
                Map.of("c4", new RunEvent.DomainEvaluation(1.5, 4.4816, 99)),
                1.5,
                "c4",
                Map.of("c4", 0.1)),
            new RunEvent.Weights(
                5,
                Map.of("c4", 1.0),
                Map.of("c4", 1.25),
                Map.of("c4", 1.0),
                null,
                0.1,
                true,
                null,
                null));
    assertThat(events.get(1).scalars())
        .isEqualTo(
            Map.of(
                "evaluation/loss/c4", 1.5f,
                "evaluation/perplexity/c4", 4.4816f,
                "evaluation/mean_loss", 1.5f,
                "evaluation/epochs/c4", 0.1f));
    assertThat(events.get(2).scalars())
        .isEqualTo(
            Map.of(
                "weighting/weight/c4", 1f,
                "weighting/reference_loss/c4", 1.25f,
                "weighting/reference_proportion/c4", 1f,
                "weighting/divergence", 0.1f));
  }

  @Test
  void masksComeBackAsHistograms() throws IOException {
    var module =
        new RunEvent.Module(
            0.5, 0.25, List.of(0.5), List.of(List.of(0.0, 1.0), List.of(0.01, 0.5)));
    var event = written(new RunEvent.Masks(7, Map.of("head", module))).getLast();
    assertThat(event.scalars())
        .isEqualTo(Map.of("masks/expected/head", 0.5f, "masks/target/head", 0.25f));
    var histogram = event.histograms().get("masks/keep/head");
    // Fields of HistogramProto: min, max, num, sum, sum of squares, limits, counts.
    assertThat(histogram.get(1)).containsExactly(0.0);
    assertThat(histogram.get(2)).containsExactly(1.0);
    assertThat(histogram.get(3)).containsExactly(4.0);
    assertThat(histogram.get(4)).containsExactly(1.51);
    assertThat(histogram.get(5)).containsExactly(1.2501);
    assertThat(histogram.get(6)).hasSameSizeAs(histogram.get(7)).isSorted().endsWith(1.0);
    assertThat(histogram.get(7)).startsWith(2.0, 0.0).endsWith(0.0, 1.0);
    assertThat(histogram.get(7).get(15)).isEqualTo(1.0);
  }

  @Test
  void aContinuationTellsTensorBoardToForgetTheStepsItRepeats() throws IOException {
    var start =
        new RunEvent.Start(40, "prune", null, 100, 1, null, null, List.of(), null, Map.of());
    var event = written(start).getLast();
    assertThat(event.sessionStatus()).isEqualTo(1);
    assertThat(event.step()).isEqualTo(41);
  }
}
