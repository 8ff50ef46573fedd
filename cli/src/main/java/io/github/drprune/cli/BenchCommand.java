package io.github.drprune.cli;

import static io.github.drprune.cli.Console.bytes;
import static io.github.drprune.cli.Console.count;

import io.github.drprune.bench.Bench;
import io.github.drprune.bench.BenchOptions;
import io.github.drprune.bench.BenchReport;
import io.github.drprune.bench.BenchReport.Part;
import io.github.drprune.bench.BenchReport.Result;
import io.github.drprune.bench.Workload;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.NewModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune bench}. */
@Command(
    name = "bench",
    description =
        "Measures speed and memory of training, pruning, evaluation and generation on this machine,"
            + " with random weights.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  drprune bench models/pythia-160m --batch 2 --length 512",
      "  drprune bench --hidden 512 --layers 8 --heads 8 --intermediate 1408 --against eager"
    })
final class BenchCommand implements Callable<Integer> {
  /** What the program can be compared with. */
  enum Baseline {
    EAGER
  }

  @Parameters(
      paramLabel = "MODEL",
      arity = "0..1",
      description = "The folder of a checkpoint whose shape to take; otherwise a Llama as below.")
  private Path model;

  @Option(
      names = "--hidden",
      paramLabel = "N",
      defaultValue = "512",
      description = "Hidden size (default: ${DEFAULT-VALUE}).")
  private int hidden;

  @Option(
      names = "--layers",
      paramLabel = "N",
      defaultValue = "8",
      description = "Layers (default: ${DEFAULT-VALUE}).")
  private int layers;

  @Option(
      names = "--heads",
      paramLabel = "N",
      defaultValue = "8",
      description = "Heads (default: ${DEFAULT-VALUE}).")
  private int heads;

  @Option(
      names = "--kv-heads",
      paramLabel = "N",
      description = "Key/value heads (default: as many as heads).")
  private Integer kvHeads;

  @Option(
      names = "--intermediate",
      paramLabel = "N",
      defaultValue = "1408",
      description = "Units of the MLP (default: ${DEFAULT-VALUE}).")
  private int intermediate;

  @Option(
      names = "--vocabulary",
      paramLabel = "N",
      defaultValue = "32000",
      description = "Tokens of the vocabulary (default: ${DEFAULT-VALUE}).")
  private int vocabulary;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "8",
      description = "Sequences of a batch (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--length",
      paramLabel = "N",
      defaultValue = "512",
      description = "Tokens of a sequence (default: ${DEFAULT-VALUE}).")
  private int length;

  @Option(
      names = "--generated",
      paramLabel = "N",
      defaultValue = "256",
      description = "Tokens to generate (default: ${DEFAULT-VALUE}).")
  private int generated;

  @Option(
      names = "--workloads",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "train,prune,evaluate,generate",
      description = "What to measure: train, prune, evaluate, generate (default: all).")
  private List<Workload> workloads;

  @Option(
      names = "--repetitions",
      paramLabel = "N",
      defaultValue = "5",
      description = "Measured rounds, after two that warm up (default: ${DEFAULT-VALUE}).")
  private int repetitions;

  @Option(
      names = "--against",
      paramLabel = "eager",
      description =
          "Also measures, in turn with ours, LibTorch's own operations: the loss over all logits,"
              + " its optimizer, generation without a cache.")
  private Baseline against;

  @Option(names = "--profile", description = "Also time each part of the training step by itself.")
  private boolean profile;

  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      description = "fp32 or bf16 (default: bf16 where the device multiplies it, else fp32).")
  private Precision precision;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "auto",
      description = "auto, cpu, cuda or cuda:N (default: ${DEFAULT-VALUE}).")
  private String device;

  @Mixin private ThreadsOption threads;
  @Mixin private JsonOption json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (model != null) {
      Unheeded.refuse(
          spec,
          "with MODEL, whose shape is taken",
          "--hidden",
          "--layers",
          "--heads",
          "--kv-heads",
          "--intermediate",
          "--vocabulary");
    }
    if (!workloads.contains(Workload.GENERATE)) {
      Unheeded.refuse(spec, "without the workload generate", "--generated");
    }
    LibTorch.useThreads(threads.count());
    PrintWriter err = spec.commandLine().getErr();
    var where = LibTorch.device(device);
    var options =
        new BenchOptions(
            model == null ? shape() : CheckpointCheck.of(model),
            where,
            precision == null ? Precision.fastestOn(where) : precision,
            workloads,
            batch,
            length,
            generated,
            repetitions,
            against == Baseline.EAGER,
            profile);
    var report = new Bench(options, Console.lines(err)).run();
    print(report, spec.commandLine().getOut());
    json.write(report);
    return 0;
  }

  private ModelSpec shape() {
    var shape =
        new ModelShape(hidden, layers, heads, kvHeads == null ? heads : kvHeads, intermediate);
    return NewModel.of("llama", shape, vocabulary, Math.max(length, generated + 1));
  }

  private static void print(BenchReport report, PrintWriter out) {
    out.printf(
        "model          %s parameters, %d x %d tokens, %s%n",
        count(report.model().parameters()), report.batch(), report.length(), report.precision());
    out.printf(
        "machine        %s, %d threads, LibTorch %s%n",
        report.machine(), report.threads(), report.library());
    out.printf(
        "matrix rate    %s (the library's own in bf16: %s)%n%n",
        rate(report.matrixRate()), rate(report.narrowRate()));
    Console.table(
            List.of(
                "workload",
                "by",
                "median s",
                "min",
                "max",
                "cpu s",
                "tokens/s",
                "of matrix rate",
                "memory"),
            report.results().stream().map(BenchCommand::row).toList())
        .forEach(out::println);
    if (!report.parts().isEmpty()) {
      out.println();
      List<List<String>> rows = new ArrayList<>();
      report.parts().forEach(part -> rows.add(row(part)));
      Console.table(List.of("part of a training step", "times", "s", "eager s"), rows)
          .forEach(out::println);
    }
    out.flush();
  }

  private static List<String> row(Result result) {
    return List.of(
        result.workload().name().toLowerCase(Locale.ROOT),
        result.contender(),
        number(result.seconds()),
        number(result.minSeconds()),
        number(result.maxSeconds()),
        number(result.cpuSeconds()),
        "%,.0f".formatted(result.tokensPerSecond()),
        result.matrixShare() == null ? "-" : "%.1f%%".formatted(100 * result.matrixShare()),
        result.peakBytes() == null ? "-" : bytes(result.peakBytes()));
  }

  private static List<String> row(Part part) {
    return List.of(
        part.name(),
        count(part.times()),
        number(part.seconds()),
        part.eagerSeconds() == null ? "-" : number(part.eagerSeconds()));
  }

  private static String number(double seconds) {
    return "%.3f".formatted(seconds);
  }

  private static String rate(double operations) {
    return "%,.0f GFLOP/s".formatted(operations / 1e9);
  }
}
