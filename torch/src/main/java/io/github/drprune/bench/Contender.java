package io.github.drprune.bench;

import io.github.drprune.config.PruneConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.data.Batch;
import io.github.drprune.generate.EndTokens;
import io.github.drprune.generate.Sampling;
import io.github.drprune.generate.TextGenerator;
import io.github.drprune.libtorch.Autocast;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.nn.Kernels;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.nn.Targets;
import io.github.drprune.run.PruneRun;
import io.github.drprune.train.NoPruning;
import io.github.drprune.train.Objective;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A model with its optimizer and masks, run in one of two ways. */
final class Contender implements AutoCloseable {
  static final String DOMAIN = "random";

  private static final long SEED = 1;

  private final BenchOptions options;
  private final boolean eager;
  private final CausalLm model;
  private final CausalLm generator; // with weights in the compute type, as generation loads them
  private final Objective training = new NoPruning();
  private final Objective pruning;
  private final Stepper stepper;
  private final Arena arena = Arena.ofShared();
  private final Tensor tokens; // [batch, length]

  Contender(BenchOptions options, boolean eager) {
    this.options = options;
    this.eager = eager;
    Kernels kernels =
        eager ? Kernels.REFERENCE : Kernels.select(options.device(), options.precision());
    this.model =
        ModelLoader.random(
            options.config(),
            // The eager model is float32; it computes narrower where autocast says so.
            new ModelOptions(
                options.device(), eager ? Precision.FP32 : options.precision(), true, kernels),
            SEED);
    this.generator =
        eager || !options.workloads().contains(Workload.GENERATE)
            ? model
            : ModelLoader.random(
                options.config(),
                new ModelOptions(options.device(), options.precision(), false, kernels),
                SEED);
    PruneConfig config = config();
    boolean prunes = options.workloads().contains(Workload.PRUNE);
    this.pruning = prunes ? new PruneRun(config).trial(model) : training;
    Batch batch = batch();
    try (var _ = NativeScope.open()) {
      tokens = NativeScope.keep(Targets.of(batch, options.device()).tokens());
    }
    this.stepper =
        eager
            ? new EagerStepper(config.run(), model, pruning, tokens)
            : new RunStepper(config.run(), model, pruning, batch);
  }

  /** Of a run that takes such steps; no folder that it names is looked at. */
  private PruneConfig config() {
    return ConfigLoader.load(
        List.of(
            "model=-",
            "data=-",
            "output=-",
            "steps=1000",
            "target.sparsity=0.5",
            "learning_rate=" + Stepper.RATE,
            "global_batch=" + options.batch(),
            "micro_batch=" + options.batch()),
        PruneConfig.class);
  }

  /** Random tokens, the same for each contender. */
  private Batch batch() {
    long[] ids =
        new SplittableRandom(SEED)
            .longs(options.tokens(), 0, options.config().vocabularySize())
            .toArray();
    return new Batch(
        arena.allocateFrom(ValueLayout.JAVA_LONG, ids),
        null,
        options.length(),
        new int[options.batch()],
        new long[options.batch()],
        new int[] {options.batch()});
  }

  String name() {
    return eager ? "eager" : "drprune";
  }

  CausalLm model() {
    return model;
  }

  Stepper stepper() {
    return stepper;
  }

  Tensor tokens() {
    return tokens;
  }

  /** Runs {@code workload} once. */
  void run(Workload workload) {
    inItsWay(
        () -> {
          switch (workload) {
            case TRAIN -> stepper.step(training);
            case PRUNE -> stepper.step(pruning);
            case EVALUATE -> evaluate();
            case GENERATE -> {
              if (eager) {
                generateWithoutCache();
              } else {
                generate();
              }
            }
          }
        });
    LibTorch.synchronize(options.device());
  }

  /** Runs {@code work}, where eager under autocast. */
  void inItsWay(Runnable work) {
    if (eager) {
      try (var _ = Autocast.open(options.device(), options.precision())) {
        work.run();
      }
    } else {
      work.run();
    }
  }

  private void evaluate() {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      model.loss(tokens, ModelMasks.NONE).mean().item_double();
    }
  }

  private void generate() {
    RandomGenerator choices = new SplittableRandom(SEED);
    new TextGenerator(generator, Sampling.GREEDY, EndTokens.NONE, choices)
        .generate(new int[] {1}, options.generated(), _ -> {});
  }

  private void generateWithoutCache() {
    try (var _ = NoGrad.open()) {
      int[] text = new int[options.generated() + 1];
      text[0] = 1;
      for (int length = 1; length <= options.generated(); length++) {
        try (var _ = NativeScope.open()) {
          int[][] row = {java.util.Arrays.copyOf(text, length)};
          Tensor ids = Tensors.ofTokens(row).to(options.device(), ScalarType.Long);
          Tensor last = model.forward(ids, ModelMasks.NONE).select(1, length - 1);
          text[length] = (int) Ops.argmax(last).item_long();
        }
      }
    }
  }

  @Override
  public void close() {
    stepper.close();
    pruning.close();
    tokens.close();
    arena.close();
    if (generator != model) {
      generator.close();
    }
    model.close();
  }
}
