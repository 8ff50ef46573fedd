package io.github.drprune.bench;

import io.github.drprune.json.Json;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.nn.Kernels;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.optim.AdamW;
import io.github.drprune.optim.AdamWKernel;
import io.github.drprune.optim.ParameterGroup;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * Trains one checkpoint twice on the same text, plainly in float32 and with the fast kernels in
 * bf16, and prints how far the held-out losses are apart. Arguments: model folder, JSONL file,
 * steps, rows of a step, tokens of a row.
 */
final class TrackingBenchmark {
  private static final int EVERY = 20;
  private static final int HELD_OUT_ROWS = 8;
  private static final double RATE = 1e-4;

  /** A model in training. */
  private record Run(CausalLm model, AdamW optimizer) {
    static Run start(Path folder, Precision precision, Kernels kernels) throws IOException {
      var device = LibTorch.device("cpu");
      var model = ModelLoader.load(folder, new ModelOptions(device, precision, true, kernels));
      SequencedMap<String, Tensor> leaves = new LinkedHashMap<>();
      model.weights().forEach((name, weight) -> leaves.put(name, weight.tensor()));
      return new Run(
          model,
          new AdamW(
              List.of(new ParameterGroup("weights", leaves, RATE, 0, false)),
              new AdamW.Hyper(0.9, 0.95, 1e-8),
              AdamWKernel.FUSED));
    }

    void step(int[][] rows) {
      try (var _ = NativeScope.open()) {
        optimizer.zeroGrad();
        model.loss(Tensors.ofTokens(rows), ModelMasks.NONE).mean().backward();
        optimizer.clip(1);
        optimizer.step(1);
      }
    }

    double loss(int[][] rows) {
      try (var _ = NativeScope.open();
          var _ = NoGrad.open()) {
        return model.loss(Tensors.ofTokens(rows), ModelMasks.NONE).mean().item_double();
      }
    }
  }

  private TrackingBenchmark() {}

  public static void main(String[] args) throws IOException {
    LibTorch.useThreads(Runtime.getRuntime().availableProcessors());
    var folder = Path.of(args[0]);
    int steps = Integer.parseInt(args[2]);
    int batch = Integer.parseInt(args[3]);
    int[][] rows =
        rows(folder, Path.of(args[1]), steps * batch + HELD_OUT_ROWS, Integer.parseInt(args[4]));
    int[][] heldOut = Arrays.copyOf(rows, HELD_OUT_ROWS);
    var plain = Run.start(folder, Precision.FP32, Kernels.REFERENCE);
    var fast =
        Run.start(folder, Precision.BF16, Kernels.select(LibTorch.device("cpu"), Precision.BF16));
    double worst = 0;
    for (int step = 0; step <= steps; step++) {
      if (step % EVERY == 0) {
        double expected = plain.loss(heldOut);
        double actual = fast.loss(heldOut);
        double distance = Math.abs(actual - expected) / expected;
        worst = Math.max(worst, distance);
        System.out.printf(
            "step %d: fp32 %.5f, bf16 %.5f, %.3f%% apart%n",
            step, expected, actual, 100 * distance);
      }
      if (step < steps) {
        int from = HELD_OUT_ROWS + step * batch;
        int[][] used = Arrays.copyOfRange(rows, from, from + batch);
        plain.step(used);
        fast.step(used);
      }
    }
    System.out.printf("worst: %.3f%% apart%n", 100 * worst);
  }

  /** The file's text as one sequence of tokens, cut into rows; it starts over when used up. */
  private static int[][] rows(Path folder, Path text, int count, int length) throws IOException {
    try (var tokenizer = Tokenizer.load(folder)) {
      int[] tokens =
          Files.readAllLines(text).stream()
              .map(line -> Json.tree(line, text.toString()).get("text").asText())
              .flatMapToInt(document -> IntStream.of(tokenizer.encode(document)))
              .limit((long) count * length)
              .toArray();
      int available = tokens.length / length;
      return IntStream.range(0, count)
          .map(row -> row % available)
          .mapToObj(row -> Arrays.copyOfRange(tokens, row * length, (row + 1) * length))
          .toArray(int[][]::new);
    }
  }
}
