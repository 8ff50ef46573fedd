package io.github.drprune.bench;

import io.github.drprune.bench.BenchReport.Part;
import io.github.drprune.bench.BenchReport.Result;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeMemory;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.model.ModelSummary;
import io.github.drprune.nn.Kernels;
import io.github.drprune.nn.LinearKernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Runs the contenders in turn, so that a busy machine slows all alike, and reports medians. */
public final class Bench {
  private static final int PRODUCTS = 3;

  /**
   * The second round to warm up, the first with gradients and moments in place. Rounds that are
   * timed keep freed memory, as runs do: to fault it in again takes a sixth of a small model's
   * step.
   */
  private static final int MEMORY_ROUND = -1;

  private final BenchOptions options;
  private final Consumer<String> progress;

  /**
   * @param progress takes a line about each round
   */
  public Bench(BenchOptions options, Consumer<String> progress) {
    this.options = options;
    this.progress = progress;
  }

  public BenchReport run() {
    List<Contender> contenders = new ArrayList<>();
    try {
      contenders.add(new Contender(options, false));
      if (options.againstEager()) {
        contenders.add(new Contender(options, true));
      }
      List<Rounds> rounds = new ArrayList<>();
      for (Workload workload : options.workloads()) {
        rounds.add(measure(workload, contenders));
      }
      double rate =
          median(rounds.stream().flatMapToDouble(r -> Arrays.stream(r.rates())).toArray());
      List<Result> results = rounds.stream().flatMap(r -> results(r, contenders, rate)).toList();
      List<Part> parts =
          options.profile() ? new PartProfile(options).measure(contenders) : List.of();
      return new BenchReport(
          LibTorch.version(),
          torch.get_cpu_capability().getString(),
          LibTorch.threads(),
          options.precision().name().toLowerCase(java.util.Locale.ROOT),
          ModelSummary.of(options.config()),
          options.batch(),
          options.length(),
          rate,
          matrixRate(LinearKernel.REFERENCE, ScalarType.BFloat16),
          results,
          parts);
    } finally {
      contenders.forEach(Contender::close);
    }
  }

  /**
   * What was measured of a workload.
   *
   * @param seconds of each contender and round, as are cpu
   * @param peaks of each contender
   * @param rates of the matrix product, of each round
   */
  private record Rounds(
      Workload workload, double[][] seconds, double[][] cpu, long[] peaks, double[] rates) {}

  private Rounds measure(Workload workload, List<Contender> contenders) {
    int repetitions = options.repetitions();
    var rounds =
        new Rounds(
            workload,
            new double[contenders.size()][repetitions],
            new double[contenders.size()][repetitions],
            new long[contenders.size()],
            new double[repetitions]);
    LinearKernel kernel = Kernels.select(options.device(), options.precision()).linear();
    for (int round = MEMORY_ROUND - 1; round < repetitions; round++) {
      for (int i = 0; i < contenders.size(); i++) {
        Contender contender = contenders.get(i);
        if (round == MEMORY_ROUND) {
          NativeMemory.resetPeak();
        }
        long before = NativeMemory.resident();
        double cpuBefore = cpuSeconds();
        double taken = seconds(() -> contender.run(workload));
        if (round == MEMORY_ROUND) {
          rounds.peaks[i] = NativeMemory.peakResident() - before;
        } else if (round >= 0) {
          rounds.seconds[i][round] = taken;
          rounds.cpu[i][round] = cpuSeconds() - cpuBefore;
        }
        progress.accept(
            "%s %s: %s %.3f s"
                .formatted(
                    workload, contender.name(), round < 0 ? "warm-up" : "round " + round, taken));
      }
      if (round >= 0) {
        rounds.rates[round] = matrixRate(kernel, options.precision().scalarType());
      }
    }
    return rounds;
  }

  private Stream<Result> results(Rounds rounds, List<Contender> contenders, double rate) {
    return IntStream.range(0, contenders.size())
        .mapToObj(
            i ->
                result(
                    rounds.workload(),
                    contenders.get(i),
                    rounds.seconds()[i],
                    median(rounds.cpu()[i]),
                    rounds.peaks()[i],
                    rate));
  }

  private Result result(
      Workload workload,
      Contender contender,
      double[] seconds,
      double cpuSeconds,
      long peak,
      double rate) {
    double median = median(seconds);
    boolean generates = workload == Workload.GENERATE;
    double operations =
        new Operations(options.config()).of(workload, options.tokens(), options.length());
    // Weights, and where there is an optimizer in the step, gradients and two moments.
    long numbers = workload == Workload.EVALUATE ? 1 : 4;
    return new Result(
        workload,
        contender.name(),
        median,
        Arrays.stream(seconds).min().orElseThrow(),
        Arrays.stream(seconds).max().orElseThrow(),
        cpuSeconds,
        (generates ? options.generated() : options.tokens()) / median,
        generates ? null : operations / median / rate,
        generates ? null : peak + 4 * numbers * options.config().parameters());
  }

  /** Operations a second of a 4096 x 2048 x 2048 product, the median of a few. */
  private double matrixRate(LinearKernel kernel, ScalarType type) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      Tensor x = torch.randn(4096, 2048).to(options.device(), type);
      Tensor weight = torch.randn(2048, 2048).to(options.device(), type);
      double[] seconds = new double[PRODUCTS];
      for (int i = 0; i < PRODUCTS; i++) {
        seconds[i] =
            seconds(
                () -> {
                  try (var _ = NativeScope.open()) {
                    kernel.apply(x, weight, null).narrow(0, 0, 1).sum().item_double();
                  }
                });
      }
      return 2.0 * 4096 * 2048 * 2048 / median(seconds);
    }
  }

  private static double cpuSeconds() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
  }

  static double seconds(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e9;
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
