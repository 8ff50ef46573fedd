package io.github.drprune.latency;

import io.github.drprune.error.UserException;
import io.github.drprune.libtorch.NativeMemory;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.CheckpointFiles;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.nn.KvCache;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/** This program. */
public final class OwnEngine implements Engine {
  private final CausalLm model;
  private final long fileBytes;

  /** Loads the checkpoint in {@code folder}. */
  public OwnEngine(Path folder, ModelOptions options) throws IOException {
    this.model = ModelLoader.load(folder, options);
    this.fileBytes = CheckpointFiles.weightBytes(folder);
  }

  @Override
  public void require(LatencyOptions options) {
    for (int context : options.contexts()) {
      if (options.generated() > spec().contextLength() - context) {
        throw UserException.at(
            "context",
            "%d tokens and %d generated exceed the model's %d positions"
                .formatted(context, options.generated(), spec().contextLength()));
      }
    }
  }

  @Override
  public ModelSpec spec() {
    return model.spec();
  }

  @Override
  public long fileBytes() {
    return fileBytes;
  }

  @Override
  public Timing run(int batch, int context, int generated) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open();
        var cache = model.newCache(batch, context + generated)) {
      double prompt = seconds(cache, tokens(batch, context));
      double generation = 0;
      for (int i = 0; i < generated; i++) {
        generation += seconds(cache, tokens(batch, 1));
      }
      return new Timing(prompt, generation);
    }
  }

  /** Random ones: what they are does not matter to how long they take. */
  private int[][] tokens(int batch, int length) {
    var random = new SplittableRandom(length);
    return IntStream.range(0, batch)
        .mapToObj(_ -> random.ints(length, 0, spec().vocabularySize()).toArray())
        .toArray(int[][]::new);
  }

  private double seconds(KvCache cache, int[][] tokens) {
    try (var _ = NativeScope.open()) {
      long start = System.nanoTime();
      Tensor input = Tensors.ofTokens(tokens).to(model.device(), Tensors.TOKENS);
      // The largest logits' places, on the host: a GPU has then done its work.
      Tensors.longs(model.decode(input, cache).argmax());
      return (System.nanoTime() - start) / 1e9;
    }
  }

  @Override
  public long memoryBytes(int batch, int context, int generated) {
    // Not in a round that is timed: to fault in again what is given back takes long.
    NativeMemory.resetPeak();
    long before = NativeMemory.resident();
    run(batch, context, generated);
    return Math.max(0, NativeMemory.peakResident() - before);
  }

  @Override
  public void close() {
    model.close();
  }
}
