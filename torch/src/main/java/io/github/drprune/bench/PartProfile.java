package io.github.drprune.bench;

import io.github.drprune.bench.BenchReport.Part;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.model.Axis.Unit;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.nn.Attention;
import io.github.drprune.nn.BlockMasks;
import io.github.drprune.nn.ForwardHook;
import io.github.drprune.nn.HalfMasks;
import io.github.drprune.nn.Kernels;
import io.github.drprune.nn.KvCache.Past;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.nn.Scoring;
import io.github.drprune.nn.Targets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Times each part of a training step by itself at the step's shapes, forward and backward. */
record PartProfile(BenchOptions options) {
  /** A part, and how often a step has it. */
  private record Timed(long times, Runnable work) {}

  List<Part> measure(List<Contender> contenders) {
    List<SequencedMap<String, Double>> totals = new ArrayList<>();
    SequencedMap<String, Long> times = new LinkedHashMap<>();
    for (Contender contender : contenders) {
      SequencedMap<String, Double> seconds = new LinkedHashMap<>();
      try (var _ = NativeScope.open()) {
        parts(contender)
            .forEach(
                (name, part) -> {
                  times.put(name, part.times());
                  seconds.put(name, part.times() * median(() -> contender.inItsWay(part.work())));
                });
      }
      totals.add(seconds);
    }
    List<Part> parts = new ArrayList<>();
    times.forEach(
        (name, count) ->
            parts.add(
                new Part(
                    name,
                    count,
                    totals.getFirst().get(name),
                    totals.size() > 1 ? totals.get(1).get(name) : null)));
    return parts;
  }

  private SequencedMap<String, Timed> parts(Contender contender) {
    ModelSpec config = options.config();
    CausalLm model = contender.model();
    Kernels kernels = model.kernels();
    Tensor tokens = contender.tokens();
    int layers = config.layers();
    var block = model.blocks().getFirst();
    var attention = (Attention) block.attention().body();
    Scoring scoring = attention.scoring();
    SequencedMap<String, Timed> parts = new LinkedHashMap<>();
    parts.put("embedding", pass(1, _ -> model.embed(tokens, null), List.of()));
    parts.put(
        "norms",
        pass(
            normsOfTheStream(config),
            x -> model.normalise(x.getFirst(), null),
            List.of(activations(model))));
    Tensor q = heads(model, config.heads());
    Tensor k = heads(model, config.kvHeads());
    Tensor v = heads(model, config.kvHeads());
    parts.put(
        "attention products",
        pass(
            layers,
            x -> kernels.attention().attend(x.get(0), x.get(1), x.get(2), true, scoring),
            List.of(q, k, v)));
    parts.put(
        "attention in all",
        pass(
            layers,
            x -> attention.forward(x.getFirst(), HalfMasks.NONE, null, Past.NONE, ForwardHook.NONE),
            List.of(activations(model))));
    parts.put(
        "MLP",
        pass(
            layers,
            x ->
                block
                    .mlp()
                    .body()
                    .forward(x.getFirst(), HalfMasks.NONE, null, Past.NONE, ForwardHook.NONE),
            List.of(activations(model))));
    parts.put(
        "blocks in all",
        pass(
            layers,
            x -> block.forward(x.getFirst(), BlockMasks.NONE, Past.NONE),
            List.of(activations(model))));
    parts.put(
        "head and loss",
        pass(
            1,
            x -> model.loss(Targets.all(tokens), x.getFirst()).mean(),
            List.of(activations(model))));
    Stepper stepper = contender.stepper();
    // Every parameter needs a gradient.
    contender.inItsWay(() -> model.loss(tokens, ModelMasks.NONE).mean().backward());
    parts.put(
        "clipping and optimizer",
        new Timed(
            1,
            () -> {
              try (var _ = NativeScope.open()) {
                stepper.update();
              }
            }));
    return parts;
  }

  private static long normsOfTheStream(ModelSpec config) {
    return config.tensors().values().stream()
        .filter(tensor -> tensor.role().isNorm() && !tensor.isBias())
        .filter(tensor -> tensor.axes().getFirst().spans().getFirst().unit() == Unit.HIDDEN)
        .count();
  }

  private static Timed pass(
      long times, Function<List<Tensor>, Tensor> operation, List<Tensor> inputs) {
    return new Timed(
        times,
        () -> {
          try (var _ = NativeScope.open()) {
            List<Tensor> leaves =
                inputs.stream().map(x -> x.detach().set_requires_grad(true)).toList();
            Tensor y = operation.apply(leaves);
            Ops.backward(y, torch.ones_like(y));
          }
        });
  }

  private double median(Runnable work) {
    work.run();
    LibTorch.synchronize(options.device());
    double[] seconds = new double[options.repetitions()];
    for (int i = 0; i < seconds.length; i++) {
      seconds[i] =
          Bench.seconds(
              () -> {
                work.run();
                LibTorch.synchronize(options.device());
              });
    }
    return Bench.median(seconds);
  }

  private Tensor activations(CausalLm model) {
    return normal(model, options.batch(), options.length(), options.config().hiddenSize());
  }

  private Tensor heads(CausalLm model, long heads) {
    return normal(model, options.batch(), heads, options.length(), options.config().headDim());
  }

  private static Tensor normal(CausalLm model, long... shape) {
    return torch.randn(shape).to(model.device(), model.computeType());
  }
}
