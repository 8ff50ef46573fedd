package io.github.drprune.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.drprune.json.Json;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.nn.Kernels;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A real trained model: losses per domain as independent float32 code computed them. */
class RealModelTest {
  private static final Path SHARED = Path.of(System.getProperty("shared.dir"));
  private static final Path MODEL = SHARED.resolve("models/redpajama-9m");
  private static final int LENGTH = 256;

  private static Tokenizer tokenizer;
  private static CausalLm single;
  private static CausalLm half;

  @BeforeAll
  static void load() throws IOException {
    assumeTrue(Files.isDirectory(MODEL), "no real model at " + MODEL);
    tokenizer = Tokenizer.load(MODEL);
    single = load(Precision.FP32);
    half = load(Precision.BF16);
  }

  private static CausalLm load(Precision precision) throws IOException {
    var device = LibTorch.device("cpu");
    return ModelLoader.load(
        MODEL, new ModelOptions(device, precision, false, Kernels.select(device, precision)));
  }

  @AfterAll
  static void close() {
    if (tokenizer != null) {
      tokenizer.close();
      single.close();
      half.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "arxiv, 64, 3.23527",
    "book, 64, 3.83626",
    "c4, 64, 4.39196",
    "cc, 23, 4.01871",
    "github, 64, 3.42125",
    "stackexchange, 64, 3.93922",
    "wiki, 64, 3.09457"
  })
  void reproducesLossOfDomain(String domain, int sequences, double loss) throws IOException {
    int[][] rows = sequences(domain);

    assertThat(rows).hasNumberOfRows(sequences);
    double singleLoss = loss(single, rows);
    assertThat(singleLoss).isCloseTo(loss, within(2e-5));
    assertThat(loss(half, rows)).as("bf16").isCloseTo(singleLoss, within(0.02));
  }

  private static double loss(CausalLm model, int[][] rows) {
    double total = 0;
    for (int from = 0; from < rows.length; from += 8) {
      int[][] batch = Arrays.copyOfRange(rows, from, Math.min(from + 8, rows.length));
      try (var _ = NativeScope.open();
          var _ = NoGrad.open()) {
        var mean = model.loss(Tensors.ofTokens(batch), ModelMasks.NONE).mean();
        total += mean.item_double() * batch.length;
      }
    }
    return total / rows.length;
  }

  /** Documents as BOS, pieces, EOS, joined in file order; the first 64 sequences. */
  private static int[][] sequences(String domain) throws IOException {
    Path file = SHARED.resolve("data/redpajama-sample").resolve(domain).resolve("eval.jsonl");
    var marks = tokenizer.specialTokens();
    int[] joined =
        Files.readAllLines(file).stream()
            .map(line -> Json.tree(line, domain).get("text").asText())
            .flatMapToInt(
                text ->
                    IntStream.concat(
                        IntStream.concat(
                            IntStream.of(marks.bos()), IntStream.of(tokenizer.encode(text))),
                        IntStream.of(marks.eos())))
            .limit(64L * LENGTH)
            .toArray();
    int[][] rows = new int[joined.length / LENGTH][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = Arrays.copyOfRange(joined, row * LENGTH, (row + 1) * LENGTH);
    }
    return rows;
  }
}
