package io.github.drprune.train;

import io.github.drprune.config.RunConfig;
import io.github.drprune.config.Sharding;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.data.Batch;
import io.github.drprune.distributed.GlooGroup;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeMemory;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.nn.Kernels;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.nn.Targets;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/**
 * One of several processes that measure themselves as they train the model of {@code bench}.
 * Arguments: sharding, whether to compute activations again, rows of the global batch, threads,
 * steps, sums to time.
 */
final class RankFigures {
  /** Begins the line with the figures. */
  static final String FIGURES = "figures ";

  static final int LENGTH = 512;

  /** Processes that hold a copy together where there may be several copies. */
  static final int GROUP = 2;

  /** Steps that are not measured: the first ones fill caches. */
  private static final int WARMING = 2;

  private static final String DOMAIN = "random";

  /**
   * What a process measured.
   *
   * @param held resident bytes between steps that were not before there was a model
   * @param peak most resident bytes
   * @param stepSeconds of each step
   * @param exposedSeconds from the end of a backward pass to that of the sums that it began
   * @param sumSeconds of a sum of all gradients with nothing beside it
   */
  record Figures(
      long held, long peak, double[] stepSeconds, double[] exposedSeconds, double[] sumSeconds) {}

  private RankFigures() {}

  static ModelSpec shape() {
    return ConfigReader.parse(
        """
        {"model_type": "llama", "hidden_size": 512, "num_hidden_layers": 8,
         "num_attention_heads": 8, "intermediate_size": 1408, "vocab_size": 32000,
         "max_position_embeddings": 512}
        """,
        "config.json");
  }

  public static void main(String[] arguments) throws IOException {
    var sharding = Sharding.valueOf(arguments[0]);
    boolean recomputing = Boolean.parseBoolean(arguments[1]);
    int globalRows = Integer.parseInt(arguments[2]);
    LibTorch.useThreads(Integer.parseInt(arguments[3]));
    int steps = Integer.parseInt(arguments[4]);
    int sums = Integer.parseInt(arguments[5]);
    var device = LibTorch.device("cpu");
    Precision precision = Precision.fastestOn(device);
    var options = new ModelOptions(device, precision, true, Kernels.select(device, precision));
    try (var processes = GlooGroup.join(System.getenv())) {
      int rows = globalRows / processes.size();
      RunConfig config = config(sharding, recomputing, globalRows, rows);
      // As in a run: the first process shares out the blocks.
      boolean given = processes.isShared() && sharding.fetchesBlocks() && !processes.isFirst();
      ModelOptions loaded = given ? options.withoutBlocks() : options;
      long before = NativeMemory.resident();
      try (CausalLm model = ModelLoader.random(shape(), loaded, 1);
          var learning = new Learning(config, model, new NoPruning(), processes);
          Arena arena = Arena.ofShared()) {
        Batch batch = batch(rows, processes.rank(), arena);
        var step =
            new TrainingStep(
                config,
                model,
                Optional.empty(),
                new NoPruning(),
                learning.optimizer(),
                List.of(DOMAIN),
                processes);
        double[] seconds = new double[steps];
        for (int i = -WARMING; i < steps; i++) {
          processes.any(false); // all begin at once
          long began = System.nanoTime();
          step.gradient(1, batch);
          step.apply(1);
          if (i >= 0) {
            seconds[i] = since(began);
          }
        }
        long peak = NativeMemory.peakResident();
        NativeMemory.resetPeak(); // gives free memory back
        long held = NativeMemory.resident() - before;
        double[] exposed = new double[sums];
        double[] alone = new double[sums];
        for (int i = 0; i < sums; i++) {
          exposed[i] = summing(learning, model, batch);
          processes.any(false);
          alone[i] = summing(learning);
        }
        System.out.println(FIGURES + Json.line(new Figures(held, peak, seconds, exposed, alone)));
      }
    }
  }

  /** Seconds from the end of a backward pass to that of the sums that it began. */
  private static double summing(Learning learning, CausalLm model, Batch batch) {
    try (var _ = NativeScope.open()) {
      learning.optimizer().zeroGrad();
      learning.optimizer().expectLastPass();
      GradientPass.DIRECT.run(model, Targets.of(batch, model.device()), ModelMasks.NONE, 1);
      return summing(learning);
    }
  }

  private static double summing(Learning learning) {
    long began = System.nanoTime();
    learning.optimizer().startSums();
    learning.optimizer().awaitSums();
    return since(began);
  }

  private static double since(long began) {
    return (System.nanoTime() - began) / 1e9;
  }

  private static RunConfig config(Sharding sharding, boolean recomputing, int globalRows, int rows)
      throws IOException {
    List<String> keys =
        List.of(
            "model=none",
            "data=none",
            "output=none",
            "steps=10",
            "sharding=" + sharding.name().toLowerCase(Locale.ROOT),
            "sharding_group=" + GROUP,
            "activation_checkpointing=" + recomputing,
            "global_batch=" + globalRows,
            "micro_batch=" + rows);
    return ConfigLoader.load(Optional.empty(), keys, TrainConfig.class).run();
  }

  private static Batch batch(int rows, int rank, Arena arena) {
    var random = new SplittableRandom(rank);
    var tokens = arena.allocate((long) rows * LENGTH * Long.BYTES, Long.BYTES);
    for (long i = 0; i < (long) rows * LENGTH; i++) {
      tokens.setAtIndex(ValueLayout.JAVA_LONG, i, random.nextInt(shape().vocabularySize()));
    }
    int[] domains = new int[rows];
    return new Batch(
        tokens, null, LENGTH, domains, LongStream.range(0, rows).toArray(), new int[] {rows});
  }
}
