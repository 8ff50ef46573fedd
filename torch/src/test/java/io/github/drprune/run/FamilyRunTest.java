package io.github.drprune.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.io.ByteSize;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ModelFamily;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.Kernels;
import io.github.drprune.train.StopSignal;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs of every family, with the kernels and the precision that users have. */
class FamilyRunTest {
  @TempDir private static Path shared;

  @TempDir private Path folder;

  /** The last tiny model of each family. */
  static Stream<ModelSpec> models() {
    return ModelFamily.ALL.stream()
        .map(
            family ->
                TinyModels.all()
                    .filter(spec -> spec.family().equals(family))
                    .reduce((_, later) -> later)
                    .orElseThrow());
  }

  @ParameterizedTest
  @MethodSource("models")
  void aStoppedRunOfTwoStagesEndsWithTheSameBits(ModelSpec spec) throws Exception {
    var tiny = new TinyRun(shared);
    Path source = folder.resolve("source");
    try (var model = TinyModels.model(spec, 3)) {
      ModelWriter.save(model, source, tiny.model(), Optional.empty(), ByteSize.parse("1GB"));
    }
    Path whole = folder.resolve("whole");
    Path parts = folder.resolve("parts");
    prune(tiny, source, whole, List.of());
    prune(tiny, source, parts, List.of(9));
    assertThat(TinyRun.weights(parts)).isEqualTo(TinyRun.weights(whole));
    assertThat(RunnerTest.figures(parts)).isEqualTo(RunnerTest.figures(whole));
    assertThat(CheckpointCheck.of(whole.resolve("model")).shape()).isEqualTo(target(spec));

    train(tiny, whole.resolve("model"), folder.resolve("trained"), List.of());
    train(tiny, parts.resolve("model"), folder.resolve("trained-in-parts"), List.of(12));
    assertThat(TinyRun.weights(folder.resolve("trained-in-parts")))
        .isEqualTo(TinyRun.weights(folder.resolve("trained")))
        .isNotEqualTo(TinyRun.weights(whole));
  }

  private static void prune(TinyRun tiny, Path model, Path output, List<Integer> stops)
      throws Exception {
    ModelShape target = target(CheckpointCheck.of(model));
    String[] sets = {
      "model=" + model,
      "steps=20",
      "precision=bf16",
      "checkpoint_interval=6",
      "evaluation_interval=20",
      "target.hidden_size=" + target.hiddenSize(),
      "target.layers=" + target.layers(),
      "target.heads=" + target.heads(),
      "target.intermediate_size=" + target.intermediateSize()
    };
    for (Runner runner : runners(stops)) {
      runner.prune(tiny.prune(output, sets));
    }
  }

  private static void train(TinyRun tiny, Path model, Path output, List<Integer> stops)
      throws Exception {
    for (Runner runner : runners(stops)) {
      runner.train(
          tiny.train(
              output,
              "model=" + model,
              "steps=20",
              "precision=bf16",
              "checkpoint_interval=6",
              "evaluation_interval=20"));
    }
  }

  /** One that stops after each of the steps, in their order, and one that goes to the end. */
  private static List<Runner> runners(List<Integer> stops) {
    Stream<Runner> stopping =
        stops.stream()
            .map(
                step -> {
                  var signal = new StopSignal();
                  return new Runner(
                      Kernels::select, List.of(RunnerTest.stopAfter(step, signal)), signal);
                });
    var last = new Runner(Kernels::select, List.of(), new StopSignal());
    return Stream.concat(stopping, Stream.of(last)).toList();
  }

  /** Half of everything. */
  private static ModelShape target(ModelSpec spec) {
    return new ModelShape(
        spec.hiddenSize() / 2,
        spec.layers() / 2,
        spec.heads() / 2,
        spec.kvHeads() / 2,
        spec.intermediateSize() / 2);
  }
}
