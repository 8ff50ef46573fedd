package io.github.drprune.prune;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.io.ByteSize;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.safetensors.Dtype;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Another runtime loads a cut checkpoint and reads the same next tokens off it. (It cannot load
 * checkpoints, cut or not, whose heads are not as wide together as the hidden state.)
 */
class JlamaTest {
  private static final int POSITIONS = 200;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"128, 6, 4, 352", "192, 8, 6, 512"})
  void jlamaPicksTheSameTokens(int hidden, int layers, int heads, int intermediate)
      throws IOException, InterruptedException {
    var shared = SharedText.orSkip();
    var target = new ModelShape(hidden, layers, heads, heads, intermediate);
    Path checkpoint = folder.resolve("cut");
    int[] tokens = shared.tokens("wiki", "eval", POSITIONS);
    long[] ours;
    try (var _ = NativeScope.open();
        var _ = NoGrad.open();
        var model = ModelLoader.load(shared.model(), RandomModels.options(false))) {
      MaskValues masks =
          Importance.masks(
              model, shared.calibration(), target, GroupPolicy.KV_GROUP, ScoredBy.ACTIVATIONS);
      try (var cut = Cut.apply(model, masks, RandomModels.options(false))) {
        ModelWriter.save(
            cut, checkpoint, shared.model(), Optional.of(Dtype.F32), ByteSize.parse("1GB"));
        Tensor row = Tensors.of(IntStream.of(tokens).asLongStream().toArray(), 1, POSITIONS);
        ours = Tensors.longs(Ops.argmax(cut.forward(row, ModelMasks.NONE)));
      }
    }
    long[] theirs = jlama(checkpoint, tokens);

    assertThat(theirs).hasSize(POSITIONS);
    long same = IntStream.range(0, POSITIONS).filter(i -> ours[i] == theirs[i]).count();
    assertThat(same).as("positions with the same next token").isGreaterThanOrEqualTo(190);
  }

  /** The next tokens by Jlama, in a process of its own: it needs modules that nothing else does. */
  private long[] jlama(Path checkpoint, int[] tokens) throws IOException, InterruptedException {
    Path source = folder.resolve("NextTokens.java");
    try (var resource = getClass().getResourceAsStream("/jlama/NextTokens.java")) {
      Files.copy(resource, source);
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-preview",
                // Its native kernels give other numbers on some processors (40 of these 200 tokens
                // on an AMD EPYC); its own Java ones are the same everywhere.
                "-Djlama.force_panama_tensor_operations=true",
                "--source=25",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                source.toString(),
                checkpoint.toString()));
    Arrays.stream(tokens).mapToObj(Integer::toString).forEach(command::add);
    Path errors = folder.resolve("errors.txt");
    Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    List<String> lines;
    try (var reader = process.inputReader()) {
      lines = reader.readAllLines();
    }
    assertThat(process.waitFor()).as(() -> read(errors)).isZero();
    return lines.stream()
        .filter(line -> line.startsWith("next "))
        .flatMapToLong(line -> LongStream.of(Long.parseLong(line.substring(5))))
        .toArray();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
