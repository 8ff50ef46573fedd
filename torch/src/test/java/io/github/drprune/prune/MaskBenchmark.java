package io.github.drprune.prune;

import com.sun.management.OperatingSystemMXBean;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelShape;
import io.github.drprune.nn.Kernels;
import io.github.drprune.nn.ModelMasks;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.bytedeco.pytorch.Tensor;

/**
 * What masks cost: forward and backward passes with sampled masks and their Lagrangian against
 * plain ones, taken in turns in one run. Arguments: rounds, sequences, tokens of each, vocabulary,
 * threads, precision.
 */
final class MaskBenchmark {
  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private final CausalLm model;
  private final MaskSet masks;
  private final Lagrangian lagrangian;
  private final RandomState random;
  private final Tensor tokens;

  private MaskBenchmark(
      CausalLm model, MaskSet masks, Lagrangian lagrangian, RandomState random, Tensor tokens) {
    this.model = model;
    this.masks = masks;
    this.lagrangian = lagrangian;
    this.random = random;
    this.tokens = tokens;
  }

  public static void main(String[] args) {
    int rounds = Integer.parseInt(args[0]);
    int sequences = Integer.parseInt(args[1]);
    int length = Integer.parseInt(args[2]);
    int vocabulary = Integer.parseInt(args[3]);
    LibTorch.useThreads(Integer.parseInt(args[4]));
    var precision = Precision.valueOf(args[5].toUpperCase(Locale.ROOT));
    var config =
        ConfigReader.parse(
            """
            {"model_type": "llama", "hidden_size": 512, "num_hidden_layers": 8,
             "num_attention_heads": 8, "intermediate_size": 1408, "vocab_size": %d}\
            """
                .formatted(vocabulary),
            "benchmark");
    var options = new ModelOptions(LibTorch.device("cpu"), precision, true, Kernels.REFERENCE);
    var layout =
        MaskLayout.of(
            config,
            Set.of(MaskModule.HIDDEN, MaskModule.HEAD, MaskModule.INTERMEDIATE, MaskModule.LAYER),
            GroupPolicy.KV_GROUP);
    long[] ids = new SplittableRandom(1).longs((long) sequences * length, 0, vocabulary).toArray();
    try (var _ = NativeScope.open();
        var random = new RandomState(1);
        var model = ModelLoader.random(config, options, 1);
        var masks =
            MaskSet.create(
                layout,
                new TargetShape(new ModelShape(256, 6, 4, 4, 704)),
                random,
                LibTorch.device("cpu"));
        var lagrangian = new Lagrangian(masks, new SparsitySchedule(0, 10))) {
      Tensor tokens = Tensors.of(ids, sequences, length);
      new MaskBenchmark(model, masks, lagrangian, random, tokens).run(rounds);
    }
  }

  private void run(int rounds) {
    pass(false);
    pass(true);
    List<Cost> plain = new ArrayList<>();
    List<Cost> masked = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      boolean maskedFirst = round % 2 == 1; // neither side always runs on the other's leavings
      Cost first = pass(maskedFirst);
      Cost second = pass(!maskedFirst);
      plain.add(maskedFirst ? second : first);
      masked.add(maskedFirst ? first : second);
      System.out.printf(
          "round %d: plain %s, masked %s%n", round, plain.getLast(), masked.getLast());
    }
    System.out.printf(
        Locale.ROOT,
        "masked / plain, by medians: %.3f of CPU time, %.3f of wall time%n",
        median(masked, Cost::cpu) / median(plain, Cost::cpu),
        median(masked, Cost::wall) / median(plain, Cost::wall));
  }

  /** Seconds; on a busy machine the CPU's are the ones to trust. */
  private record Cost(double cpu, double wall) {
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%.3f s CPU, %.3f s wall", cpu, wall);
    }
  }

  /** One forward and backward pass. */
  private Cost pass(boolean masked) {
    long cpu = PROCESS.getProcessCpuTime();
    long start = System.nanoTime();
    try (var _ = NativeScope.open()) {
      if (masked) {
        var draw = MaskDraw.of(masks, random);
        model.loss(tokens, draw.masks()).mean().backward();
        draw.backward(lagrangian.penalty(1));
      } else {
        model.loss(tokens, ModelMasks.NONE).mean().backward();
      }
    }
    return new Cost((PROCESS.getProcessCpuTime() - cpu) / 1e9, (System.nanoTime() - start) / 1e9);
  }

  private static double median(List<Cost> costs, ToDoubleFunction<Cost> figure) {
    return costs.stream()
        .mapToDouble(figure)
        .sorted()
        .skip(costs.size() / 2)
        .findFirst()
        .orElseThrow();
  }
}
