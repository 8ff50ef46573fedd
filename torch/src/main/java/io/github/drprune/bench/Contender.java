package io.github.drprune.bench;

import io.github.drprune.generate.EndTokens;
import io.github.drprune.generate.Sampling;
import io.github.drprune.generate.TextGenerator;
import io.github.drprune.libtorch.Autocast;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelShape;
import io.github.drprune.nn.Kernels;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.optim.ParameterGroup;
import io.github.drprune.prune.GroupPolicy;
import io.github.drprune.prune.Lagrangian;
import io.github.drprune.prune.MaskDraw;
import io.github.drprune.prune.MaskLayout;
import io.github.drprune.prune.MaskModule;
import io.github.drprune.prune.MaskSet;
import io.github.drprune.prune.SparsitySchedule;
import io.github.drprune.prune.TargetShape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A model with its optimizer and masks, run in one of two ways. */
final class Contender implements AutoCloseable {
  private static final long SEED = 1;

  private final BenchOptions options;
  private final boolean eager;
  private final CausalLm model;
  private final CausalLm generator; // with weights in the compute type, as generation loads them
  private final RandomState random = new RandomState(SEED);
  private final MaskSet masks;
  private final Lagrangian lagrangian;
  private final Updater updater;
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
    ModelShape target = half();
    this.masks =
        MaskSet.create(
            MaskLayout.of(
                options.config(),
                MaskModule.between(options.config(), target),
                GroupPolicy.KV_GROUP),
            new TargetShape(target),
            random,
            options.device());
    this.lagrangian = new Lagrangian(masks, new SparsitySchedule(0, 1000));
    var groups = List.of(new ParameterGroup("weights", leaves(), Updater.RATE, 0, false));
    boolean pruning = options.workloads().contains(Workload.PRUNE);
    if (pruning) {
      groups = new ArrayList<>(groups);
      groups.add(new ParameterGroup("masks", masks.parameters(), Updater.RATE, 0, false));
      groups.add(
          new ParameterGroup("multipliers", lagrangian.multipliers(), Updater.RATE, 0, true));
    }
    this.updater = eager ? Updater.library(groups) : Updater.fused(groups);
    try (var _ = NativeScope.open()) {
      torch.manual_seed(SEED);
      tokens =
          NativeScope.keep(
              torch
                  .randint(
                      options.config().vocabularySize(),
                      new long[] {options.batch(), options.length()},
                      new TensorOptions(ScalarType.Long))
                  .to(options.device(), ScalarType.Long));
    }
  }

  String name() {
    return eager ? "eager" : "drprune";
  }

  CausalLm model() {
    return model;
  }

  Updater updater() {
    return updater;
  }

  Tensor tokens() {
    return tokens;
  }

  /** Runs {@code workload} once. */
  void run(Workload workload) {
    inItsWay(
        () -> {
          switch (workload) {
            case TRAIN -> train(false);
            case PRUNE -> train(true);
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
    if (options.device().is_cuda()) {
      torch.cuda_synchronize();
    }
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

  private void train(boolean pruning) {
    try (var _ = NativeScope.open()) {
      updater.zero();
      Tensor loss;
      if (pruning) {
        var draw = MaskDraw.of(masks, random);
        loss = model.loss(tokens, draw.masks()).mean();
        loss.backward();
        draw.backward(lagrangian.penalty(1));
      } else {
        loss = model.loss(tokens, ModelMasks.NONE).mean();
        loss.backward();
      }
      updater.update();
      if (pruning) {
        masks.clamp();
      }
      if (!Double.isFinite(loss.item_double())) {
        throw new IllegalStateException("the benchmark's loss is not finite");
      }
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

  /** About half of everything, so that every kind of mask takes part. */
  private ModelShape half() {
    var config = options.config();
    int kvHeads = Math.max(1, config.kvHeads() / 2);
    return new ModelShape(
        config.hiddenFollowsHeads()
            ? kvHeads * config.headDim()
            : Math.max(1, config.hiddenSize() / 2),
        Math.max(1, config.layers() / 2),
        kvHeads * config.groupSize(),
        kvHeads,
        Math.max(1, config.intermediateSize() / 2));
  }

  private SequencedMap<String, Tensor> leaves() {
    SequencedMap<String, Tensor> leaves = new LinkedHashMap<>();
    model.weights().forEach((name, weight) -> leaves.put(name, weight.tensor()));
    return leaves;
  }

  @Override
  public void close() {
    updater.close();
    lagrangian.close();
    masks.close();
    random.close();
    tokens.close();
    if (generator != model) {
      generator.close();
    }
    model.close();
  }
}
