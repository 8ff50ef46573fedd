package io.github.drprune.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.config.TrainConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.data.prepare.CorpusFinder;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.demo.DemoCorpus;
import io.github.drprune.demo.DemoTokenizer;
import io.github.drprune.error.UserException;
import io.github.drprune.io.Sha256;
import io.github.drprune.launch.Launch;
import io.github.drprune.launch.LaunchListener;
import io.github.drprune.launch.Launcher;
import io.github.drprune.run.EventLog;
import io.github.drprune.run.RunEvent;
import io.github.drprune.run.RunResult;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training in a barrier stage of a standalone cluster is training in local processes. */
class SparkTrainTest {
  private static final int RANKS = 2;
  private static final int STEPS = 30;
  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  @TempDir private static Path folder;
  private static StandaloneCluster cluster;

  /** Of the run in local processes. */
  private static List<RunEvent.Train> expected;

  @BeforeAll
  static void start() throws Exception {
    DemoCorpus.write(folder.resolve("corpus"), 60_000, 5);
    DemoTokenizer.write(Files.createDirectories(folder.resolve("tokenizer")));
    try (var tokenizer = Tokenizer.load(folder.resolve("tokenizer"))) {
      new Prepare(
              CorpusFinder.in(folder.resolve("corpus")),
              tokenizer,
              PrepareConfig.of("seq_len=64"),
              PrepareListener.SILENT)
          .into(folder.resolve("data"));
    }
    trainLocally();
    expected = trained("local");
    cluster = new StandaloneCluster(folder.resolve("cluster"), RANKS, 1);
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static List<String> settings(String run) {
    return List.of(
        "data=" + folder.resolve("data"),
        "output=" + folder.resolve(run),
        "steps=" + STEPS,
        "checkpoint_interval=5",
        "precision=fp32",
        "device=cpu",
        "seed=3",
        "evaluation_sequences=4",
        "evaluation_interval=20",
        "global_batch=4",
        "micro_batch=2",
        "sharding=optimizer",
        "shape.hidden_size=16",
        "shape.layers=2",
        "shape.heads=2",
        "shape.intermediate_size=24",
        "shape.tokenizer=" + folder.resolve("tokenizer"));
  }

  private static void trainLocally() throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                LocalRank.class.getName()));
    command.addAll(settings("local"));
    List<String> said = Collections.synchronizedList(new ArrayList<>());
    var listener =
        new LaunchListener() {
          @Override
          public void output(int rank, String line) {
            said.add(line);
          }

          @Override
          public void error(int rank, String line) {
            said.add(line);
          }

          @Override
          public void failed(int rank, int exitCode, int again) {
            said.add("process %d: exit code %d".formatted(rank, exitCode));
          }
        };
    assertThat(new Launcher(new Launch(command, RANKS, RANKS, 0, TIMEOUT), listener).run())
        .as(() -> String.join("\n", said))
        .isZero();
  }

  private static RunResult onSpark(String run, List<RunEvent> heard) throws IOException {
    return new SparkService()
        .train(
            cluster.application(RANKS, 1, Map.of()),
            ConfigLoader.load(settings(run), TrainConfig.class),
            RANKS,
            TIMEOUT,
            heard::add);
  }

  private static List<RunEvent.Train> trained(String run) throws IOException {
    return EventLog.read(folder.resolve(run)).stream()
        .filter(RunEvent.Train.class::isInstance)
        .map(RunEvent.Train.class::cast)
        .toList();
  }

  private static void assertAsLocally(String run) throws IOException {
    List<RunEvent.Train> steps = trained(run);
    assertThat(steps).hasSize(STEPS).hasSameSizeAs(expected);
    for (int i = 0; i < STEPS; i++) {
      assertThat(steps.get(i).loss()).isCloseTo(expected.get(i).loss(), within(1e-6));
      assertThat(steps.get(i).ranks()).isEqualTo(RANKS);
    }
    String weights = "model/model.safetensors";
    assertThat(Sha256.of(folder.resolve(run).resolve(weights)))
        .isEqualTo(Sha256.of(folder.resolve("local").resolve(weights)));
  }

  @Test
  void lossesAndWeightsAreThoseOfLocalProcesses() throws IOException {
    List<RunEvent> heard = new ArrayList<>();
    RunResult result = onSpark("whole", heard);
    assertThat(result.model()).contains(folder.resolve("whole/model"));
    assertThat(heard.stream().filter(RunEvent.Train.class::isInstance)).hasSize(STEPS);
    assertAsLocally("whole");
  }

  @Test
  void aTaskThatIsKilledHasTheStageRunAgain() throws Exception {
    List<RunEvent> heard = new ArrayList<>();
    var result =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return onSpark("killed", heard);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    Path checkpoint = folder.resolve("killed/checkpoints/step-5");
    while (!Files.exists(checkpoint)) {
      assertThat(result).as("the run ends before a task does").isNotDone();
      TimeUnit.MILLISECONDS.sleep(2);
    }
    cluster.executors().getFirst().destroyForcibly();
    assertThat(result.get(4, TimeUnit.MINUTES).model()).isPresent();
    assertAsLocally("killed");
    assertThat(
            EventLog.read(folder.resolve("killed")).stream()
                .filter(event -> event instanceof RunEvent.Start start && start.step() > 0))
        .as("goes on from a checkpoint")
        .hasSize(1);
  }

  @Test
  void mistakesAreTold() {
    assertThatThrownBy(
            () ->
                new SparkService()
                    .train(
                        cluster.application(RANKS, 1, Map.of()),
                        ConfigLoader.load(
                            List.of(
                                "data=" + folder.resolve("nothing"),
                                "output=" + folder.resolve("none"),
                                "steps=1",
                                "model=" + folder.resolve("tokenizer")),
                            TrainConfig.class),
                        RANKS,
                        TIMEOUT,
                        _ -> {}))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("nothing: no manifest.json there");
  }
}
