package io.github.drprune.run;

import io.github.drprune.bench.Operations;
import io.github.drprune.config.PipelineConfig;
import io.github.drprune.config.PruneConfig;
import io.github.drprune.config.RunConfig;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.data.PreparedData;
import io.github.drprune.evaluate.EvaluationText;
import io.github.drprune.evaluate.ModelEvaluation;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelShape;
import io.github.drprune.nn.Kernels;
import io.github.drprune.train.StopSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Device;

/**
 * The method against its alternatives: prunes a model in several ways, continues pretraining to the
 * same number of tokens, and prints tables of perplexities on text that no run looked at, with the
 * spread over seeds.
 *
 * <p>Arguments: model, data, folder for the runs, seeds joined by commas, threads, tokens to spend
 * on each, what to compare joined by commas, then the target as assignments. What to compare is a
 * way to prune, a weighting and, if wanted, a share of the loss to distil from the source, joined
 * by dots: {@code importance.drpruning.0.9}, {@code exact.constant}. With {@code iterative} the cut
 * is made in two: half of the way, training with a third of the tokens, then the rest of both. A
 * run that is there already is not repeated: several processes may share the seeds out, and a last
 * call with all of them prints the tables.
 */
final class MethodBenchmark {
  private static final long TEST_SEQUENCES = 64;

  /** As the product reads to score units and to fit weights: 128 sequences. */
  private static final long CALIBRATION_TOKENS = 128 * 256;

  /** One way to spend the tokens. */
  private record Way(String pruning, String weighting, String distilled) {
    static Way parse(String text) {
      String[] parts = text.split("[.]", 3);
      return new Way(parts[0], parts[1], parts.length > 2 ? parts[2] : "");
    }

    boolean takesSteps() {
      return pruning.equals("exact") || pruning.equals("lagrangian");
    }

    /** What pruning is asked to do. */
    List<String> keys() {
      return switch (pruning) {
        case "exact" -> List.of("learning_rate=1e-3");
        case "lagrangian" -> List.of("constraint=lagrangian", "learning_rate=5e-4");
        case "importance", "iterative" -> List.of("method=importance");
        case "fitted" -> List.of("method=importance", "hidden_basis=source");
        case "plain" ->
            List.of(
                "method=importance",
                "hidden_basis=source",
                "reconstruction=false",
                "scores=activations");
        default -> throw new IllegalArgumentException("no way to prune: " + pruning);
      };
    }

    @Override
    public String toString() {
      return pruning + "." + weighting + (distilled.isEmpty() ? "" : "." + distilled);
    }
  }

  private final Path model;
  private final Path data;
  private final Path out;
  private final long tokens;
  private final List<Way> ways;
  private final List<String> target;
  private final List<Integer> seeds;
  private final ModelOptions holding =
      new ModelOptions(
          new Device("cpu"),
          Precision.FP32,
          false,
          Kernels.select(new Device("cpu"), Precision.FP32));

  private MethodBenchmark(
      Path model,
      Path data,
      Path out,
      List<Integer> seeds,
      long tokens,
      List<Way> ways,
      List<String> target) {
    this.model = model;
    this.data = data;
    this.out = out;
    this.seeds = seeds;
    this.tokens = tokens;
    this.ways = ways;
    this.target = target;
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    LibTorch.useThreads(Integer.parseInt(args[4]));
    new MethodBenchmark(
            Path.of(args[0]),
            Path.of(args[1]),
            Path.of(args[2]),
            Arrays.stream(args[3].split(",")).map(Integer::valueOf).toList(),
            Long.parseLong(args[5]),
            Arrays.stream(args[6].split(",")).map(Way::parse).toList(),
            List.of(args).subList(7, args.length))
        .run();
  }

  private void run() throws IOException, InterruptedException {
    List<String> references =
        evaluate(model, EvaluationText.WATCHED_BY_RUNS).domains().entrySet().stream()
            .map(
                entry ->
                    // Rounded: another number of threads must not make it another run.
                    "domains.reference_loss.%s=%.4f"
                        .formatted(entry.getKey(), entry.getValue().loss()))
            .toList();
    for (int seed : seeds) {
      for (Way way : ways) {
        make(way, seed, references);
        System.err.println("done: " + way + ", seed " + seed);
      }
    }
    ModelEvaluation source = evaluate(model, EvaluationText.UNSEEN_BY_RUNS);
    for (String stage : List.of("pruned", "trained")) {
      System.out.println("\nperplexity, " + stage + "\n");
      print(stage, source);
    }
  }

  /** Tokens of learned masks: two fifths, in steps of 1,024. */
  private long maskTokens(Way way) {
    return way.takesSteps() ? tokens * 2 / 5 / 1024 * 1024 : 0;
  }

  /** Tokens of the training between the two cuts of an iterative way. */
  private long tokensBetween(Way way) {
    return way.pruning().equals("iterative") ? tokens / 3 : 0;
  }

  private void make(Way way, int seed, List<String> references)
      throws IOException, InterruptedException {
    Path start = model;
    if (way.pruning().equals("iterative")) {
      Path half = folder(way, seed, "half");
      prune(way, seed, references, start, halfWay(), half);
      Path between = folder(way, seed, "between");
      train(way, seed, references, half, tokensBetween(way), between);
      start = between.resolve("model");
    }
    Path pruned = folder(way, seed, "pruned");
    prune(way, seed, references, start, target, pruned);
    long left = tokens - maskTokens(way) - tokensBetween(way);
    train(way, seed, references, pruned, left, folder(way, seed, "trained"));
  }

  /** The shape in the middle between the source's and the target. */
  private List<String> halfWay() throws IOException {
    ModelShape source = ConfigReader.read(model).shape();
    return target.stream()
        .map(
            assignment -> {
              String[] parts = assignment.split("=");
              int size =
                  switch (parts[0]) {
                    case "target.hidden_size" -> source.hiddenSize();
                    case "target.layers" -> source.layers();
                    case "target.heads" -> source.heads();
                    case "target.kv_heads" -> source.kvHeads();
                    case "target.intermediate_size" -> source.intermediateSize();
                    default -> throw new IllegalArgumentException("no size: " + assignment);
                  };
              return parts[0] + "=" + (size + Integer.parseInt(parts[1])) / 2;
            })
        .toList();
  }

  private void prune(
      Way way, int seed, List<String> references, Path start, List<String> shape, Path output)
      throws IOException, InterruptedException {
    int steps = Math.max(1, (int) (maskTokens(way) / 1024));
    List<String> keys = new ArrayList<>(shape);
    keys.addAll(weighting(way, references));
    keys.addAll(way.keys());
    keys.addAll(
        List.of(
            "model=" + start,
            "output=" + output,
            "steps=" + steps,
            "global_batch=4",
            "micro_batch=4",
            "evaluation_interval=" + Math.max(1, steps / 20)));
    keys.addAll(shared(seed));
    runner().prune(ConfigLoader.load(Optional.empty(), keys, PruneConfig.class));
  }

  private void train(
      Way way, int seed, List<String> references, Path pruned, long tokens, Path output)
      throws IOException, InterruptedException {
    RunConfig rule = byBudget(tokens);
    boolean isTaught = !way.distilled().isEmpty();
    // A teacher's losses are the references.
    List<String> keys = new ArrayList<>(weighting(way, isTaught ? List.of() : references));
    if (isTaught) {
      keys.add("distillation.teacher=" + model);
      keys.add("distillation.weight=" + way.distilled());
    }
    keys.addAll(
        List.of(
            "model=" + pruned.resolve("model"),
            "output=" + output,
            "steps=" + rule.steps(),
            "global_batch=" + rule.globalBatch(),
            "micro_batch=" + rule.microBatch(),
            "learning_rate=" + rule.optimizer().learningRate(),
            "evaluation_interval=" + rule.evaluationInterval()));
    keys.addAll(shared(seed));
    runner().train(ConfigLoader.load(Optional.empty(), keys, TrainConfig.class));
  }

  /** Training as a pipeline with a budget of so many tokens does it. */
  private RunConfig byBudget(long tokens) throws IOException {
    Path file = Files.createTempFile("budget", ".yaml");
    try {
      Files.writeString(file, "budget: " + tokens);
      return PipelineConfig.load(
              file,
              Stream.concat(
                      target.stream().map(size -> "prune." + size),
                      Stream.of(
                          "prune.model=" + model,
                          "prune.data=" + data,
                          "prune.output=pruned",
                          "train.output=trained"))
                  .toList())
          .train()
          .orElseThrow()
          .run();
    } finally {
      Files.delete(file);
    }
  }

  /**
   * What a way computes, in units of 1e12 operations: masks that are learned cost steps of the
   * whole source; a cut in one shot reads its calibration text four times with the source (sizes,
   * gradients, fit) and three times with the result, a plain one once with the source (sizes); a
   * teacher reads what is trained on.
   */
  private double teraOperations(Way way) throws IOException {
    double source = operations(model);
    double result = operations(folder(way, seeds.getFirst(), "pruned").resolve("model"));
    double teacher = way.distilled().isEmpty() ? 0 : source;
    double training =
        (tokens - maskTokens(way) - tokensBetween(way)) * (3 * result + teacher)
            + maskTokens(way) * 3 * source;
    double cut = CALIBRATION_TOKENS * (4 * source + 3 * result);
    if (way.pruning().equals("iterative")) {
      double half = operations(folder(way, seeds.getFirst(), "half").resolve("model"));
      training += tokensBetween(way) * (3 * half + teacher);
      cut += CALIBRATION_TOKENS * (4 * half + 3 * half);
    }
    double start =
        switch (way.pruning()) {
          case "exact" -> CALIBRATION_TOKENS * 3 * source;
          case "lagrangian" -> 0;
          case "plain" -> CALIBRATION_TOKENS * source;
          default -> cut;
        };
    return (training + start) / 1e12;
  }

  /** Of a forward pass, for each token. */
  private static double operations(Path checkpoint) throws IOException {
    return new Operations(ConfigReader.read(checkpoint)).forward(256);
  }

  private static List<String> weighting(Way way, List<String> references) {
    // "alone" is what a user has who gives no reference losses.
    boolean alone = way.weighting().equals("alone");
    List<String> keys = new ArrayList<>(alone ? List.of() : references);
    // "drpruning-30-50" has another rho and another smoothing than the defaults, in hundredths.
    String[] strategy = way.weighting().split("-");
    keys.add("domains.strategy=" + (alone ? "drpruning" : strategy[0]));
    if (strategy.length > 1) {
      keys.add("domains.rho=" + Integer.parseInt(strategy[1]) / 100.0);
    }
    if (strategy.length > 2) {
      keys.add("domains.smoothing=" + Integer.parseInt(strategy[2]) / 100.0);
    }
    if (!references.isEmpty() && !way.distilled().isEmpty()) {
      keys.add("domains.keep_references=true"); // as a teacher's losses are
    }
    return keys;
  }

  private List<String> shared(int seed) {
    return List.of(
        "data=" + data,
        "evaluation_sequences=32",
        "checkpoint_interval=100000",
        "keep_checkpoints=1",
        "device=cpu",
        "seed=" + seed);
  }

  private static Runner runner() {
    return new Runner(Kernels::select, List.of(), new StopSignal());
  }

  private Path folder(Way way, int seed, String stage) {
    return out.resolve("%s-%d-%s".formatted(way, seed, stage));
  }

  private ModelEvaluation evaluate(Path checkpoint, EvaluationText part) throws IOException {
    try (var prepared = PreparedData.open(data)) {
      return ModelEvaluation.of(checkpoint, prepared, part, TEST_SEQUENCES, 8, holding);
    }
  }

  private void print(String stage, ModelEvaluation source) throws IOException {
    List<String> domains = List.copyOf(source.domains().keySet());
    System.out.printf(
        "| | %s | mean | worst excess | 1e12 operations |%n", String.join(" | ", domains));
    System.out.println("| --- |" + " --- |".repeat(domains.size() + 3));
    System.out.println("| source | " + row(List.of(source), source) + " |");
    for (Way way : ways) {
      List<ModelEvaluation> evaluations = new ArrayList<>();
      for (int seed : seeds) {
        evaluations.add(
            evaluate(folder(way, seed, stage).resolve("model"), EvaluationText.UNSEEN_BY_RUNS));
      }
      System.out.printf(
          Locale.ROOT, "| %s | %s %.1f |%n", way, row(evaluations, source), teraOperations(way));
    }
  }

  /** Perplexities and, in nats, the largest loss of a domain above the source's. */
  private static String row(List<ModelEvaluation> seeds, ModelEvaluation source) {
    String perDomain =
        source.domains().keySet().stream()
            .map(domain -> spread(seeds, seed -> seed.domains().get(domain).perplexity(), 1))
            .collect(Collectors.joining(" | "));
    return "%s | %s | %s |"
        .formatted(
            perDomain,
            spread(seeds, ModelEvaluation::meanPerplexity, 2),
            spread(seeds, seed -> worstExcess(seed, source), 3));
  }

  private static double worstExcess(ModelEvaluation evaluation, ModelEvaluation source) {
    return source.domains().keySet().stream()
        .mapToDouble(
            domain -> evaluation.domains().get(domain).loss() - source.domains().get(domain).loss())
        .max()
        .orElseThrow();
  }

  /** Mean and, of several, standard deviation. */
  private static String spread(
      List<ModelEvaluation> seeds, ToDoubleFunction<ModelEvaluation> figure, int digits) {
    double[] values = seeds.stream().mapToDouble(figure).toArray();
    double mean = Arrays.stream(values).average().orElseThrow();
    double squares = Arrays.stream(values).map(x -> (x - mean) * (x - mean)).sum();
    String number = "%." + digits + "f";
    return values.length == 1
        ? String.format(Locale.ROOT, number, mean)
        : String.format(
            Locale.ROOT, number + " ± " + number, mean, Math.sqrt(squares / (values.length - 1)));
  }
}
