package io.github.drprune.run;

import io.github.drprune.config.PruneConfig;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.data.PreparedData;
import io.github.drprune.evaluate.EvaluationText;
import io.github.drprune.evaluate.ModelEvaluation;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.nn.Kernels;
import io.github.drprune.train.StopSignal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Device;

/**
 * The method against its alternatives: prunes a model with each way to weight domains, and once by
 * importance alone, continues pretraining to the same number of tokens, and prints tables of
 * perplexities on text that no run looked at, with the spread over seeds.
 *
 * <p>Arguments: model, data, folder for the runs, seeds joined by commas, threads, steps of pruning
 * (1024 tokens of 256 each), steps of training (twice as many), then the target as assignments. A
 * run that is there already is not repeated: several processes may share the seeds out, and a last
 * call with all of them prints the tables.
 */
final class MethodBenchmark {
  private static final List<String> STRATEGIES =
      List.of("drpruning", "sheared", "dro", "constant", "importance");
  private static final long TEST_SEQUENCES = 64;

  private final Path model;
  private final Path data;
  private final Path out;
  private final int pruneSteps;
  private final int trainSteps;
  private final List<String> target;
  private final ModelOptions holding =
      new ModelOptions(
          new Device("cpu"),
          Precision.FP32,
          false,
          Kernels.select(new Device("cpu"), Precision.FP32));

  private MethodBenchmark(
      Path model, Path data, Path out, int pruneSteps, int trainSteps, List<String> target) {
    this.model = model;
    this.data = data;
    this.out = out;
    this.pruneSteps = pruneSteps;
    this.trainSteps = trainSteps;
    this.target = target;
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    LibTorch.useThreads(Integer.parseInt(args[4]));
    new MethodBenchmark(
            Path.of(args[0]),
            Path.of(args[1]),
            Path.of(args[2]),
            Integer.parseInt(args[5]),
            Integer.parseInt(args[6]),
            List.of(args).subList(7, args.length))
        .run(Arrays.stream(args[3].split(",")).map(Integer::valueOf).toList());
  }

  private void run(List<Integer> seeds) throws IOException, InterruptedException {
    List<String> references =
        evaluate(model, EvaluationText.WATCHED_BY_RUNS).domains().entrySet().stream()
            .map(
                entry ->
                    // Rounded: another number of threads must not make it another run.
                    "domains.reference_loss.%s=%.4f"
                        .formatted(entry.getKey(), entry.getValue().loss()))
            .toList();
    for (int seed : seeds) {
      for (String strategy : STRATEGIES) {
        prune(strategy, seed, references);
        train(strategy, seed, references);
        System.err.println("done: " + strategy + ", seed " + seed);
      }
    }
    ModelEvaluation source = evaluate(model, EvaluationText.UNSEEN_BY_RUNS);
    for (String stage : List.of("pruned", "trained")) {
      System.out.println("\nperplexity, " + stage + "\n");
      print(stage, seeds, source);
    }
  }

  private void prune(String strategy, int seed, List<String> references)
      throws IOException, InterruptedException {
    List<String> keys = new ArrayList<>(target);
    keys.addAll(weighting(strategy, references));
    if (strategy.equals("importance")) {
      keys.add("method=importance");
    }
    keys.addAll(
        List.of(
            "model=" + model,
            "output=" + folder(strategy, seed, "pruned"),
            "steps=" + pruneSteps,
            "global_batch=4",
            "micro_batch=4",
            "learning_rate=5e-4",
            "evaluation_interval=" + Math.max(1, pruneSteps / 20)));
    keys.addAll(shared(seed));
    runner().prune(ConfigLoader.load(Optional.empty(), keys, PruneConfig.class));
  }

  private void train(String strategy, int seed, List<String> references)
      throws IOException, InterruptedException {
    // One shot takes no tokens: it gets those of pruning here.
    int steps = trainSteps + (strategy.equals("importance") ? pruneSteps / 2 : 0);
    List<String> keys = new ArrayList<>(weighting(strategy, references));
    keys.addAll(
        List.of(
            "model=" + folder(strategy, seed, "pruned").resolve("model"),
            "output=" + folder(strategy, seed, "trained"),
            "steps=" + steps,
            "global_batch=8",
            "micro_batch=8",
            "learning_rate=1e-3",
            "evaluation_interval=" + Math.max(1, steps / 15)));
    keys.addAll(shared(seed));
    runner().train(ConfigLoader.load(Optional.empty(), keys, TrainConfig.class));
  }

  private static List<String> weighting(String strategy, List<String> references) {
    List<String> keys = new ArrayList<>(references);
    keys.add("domains.strategy=" + (strategy.equals("importance") ? "constant" : strategy));
    return keys;
  }

  private List<String> shared(int seed) {
    return List.of(
        "data=" + data,
        "evaluation_sequences=10",
        "checkpoint_interval=100000",
        "keep_checkpoints=1",
        "precision=fp32",
        "device=cpu",
        "seed=" + seed);
  }

  private static Runner runner() {
    return new Runner(Kernels::select, List.of(), new StopSignal());
  }

  private Path folder(String strategy, int seed, String stage) {
    return out.resolve("%s-%d-%s".formatted(strategy, seed, stage));
  }

  private ModelEvaluation evaluate(Path checkpoint, EvaluationText part) throws IOException {
    try (var prepared = PreparedData.open(data)) {
      return ModelEvaluation.of(checkpoint, prepared, part, TEST_SEQUENCES, 8, holding);
    }
  }

  private void print(String stage, List<Integer> seeds, ModelEvaluation source) throws IOException {
    List<String> domains = List.copyOf(source.domains().keySet());
    System.out.printf("| | %s | mean | worst excess |%n", String.join(" | ", domains));
    System.out.println("| --- |" + " --- |".repeat(domains.size() + 2));
    System.out.println("| source | " + row(List.of(source), source));
    for (String strategy : STRATEGIES) {
      List<ModelEvaluation> evaluations = new ArrayList<>();
      for (int seed : seeds) {
        evaluations.add(
            evaluate(
                folder(strategy, seed, stage).resolve("model"), EvaluationText.UNSEEN_BY_RUNS));
      }
      System.out.println("| " + strategy + " | " + row(evaluations, source));
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
