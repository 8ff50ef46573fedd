package io.github.drprune.demo;

import io.github.drprune.config.PruneConfig;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.prepare.CorpusFinder;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.evaluate.EvaluationText;
import io.github.drprune.evaluate.ModelEvaluation;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.report.Report;
import io.github.drprune.run.PruneRun;
import io.github.drprune.run.RunExecutor;
import io.github.drprune.run.RunFolder;
import io.github.drprune.run.RunKind;
import io.github.drprune.run.TrainRun;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Trains a small model on a made-up corpus, prunes it to about half with each of three ways to
 * weight the domains, continues pretraining and compares. Called again it goes on.
 */
public final class Demo {
  private static final List<String> STRATEGIES = List.of("drpruning", "sheared", "constant");
  private static final int SEQ_LEN = 128;
  private static final long CHARACTERS = 1_500_000;
  private static final long SEED = 17;

  private final Path out;
  private final ModelOptions options;
  private final List<String> runKeys;
  private final RunExecutor runs;
  private final Consumer<String> progress;

  /** One model's held-out losses in the comparison. */
  public record Row(String strategy, String stage, ModelEvaluation evaluation) {}

  /**
   * What the demo found.
   *
   * @param model the checkpoint of the smaller model
   * @param report the page that compares the runs
   */
  public record Result(List<Row> rows, Path model, Path report) {}

  /**
   * @param out where everything goes
   * @param options for evaluation
   * @param runKeys what its runs take beside the demo's own settings, such as {@code device=cpu}
   * @param progress is told of each part as it begins
   */
  public Demo(
      Path out,
      ModelOptions options,
      List<String> runKeys,
      RunExecutor runs,
      Consumer<String> progress) {
    this.out = out;
    this.options = options;
    this.runKeys = List.copyOf(runKeys);
    this.runs = runs;
    this.progress = progress;
  }

  /** Does what is not done; empty where a run was interrupted. */
  public Optional<Result> run(PrepareListener preparation)
      throws IOException, InterruptedException {
    progress.accept("1/4 making a corpus of five domains");
    prepare(preparation);

    progress.accept("2/4 training a small Llama to start from");
    if (!isDone(train("source", sourceShape(), 240))) {
      return Optional.empty();
    }

    progress.accept("3/4 pruning it to about half and continuing pretraining, in three ways");
    List<String> references = references();
    for (String strategy : STRATEGIES) {
      progress.accept("--- " + strategy);
      List<String> weighting = new ArrayList<>(references);
      weighting.add("domains.strategy=" + strategy);
      if (!isDone(prune(strategy, weighting))) {
        return Optional.empty();
      }
      weighting.add("model=" + model(strategy + "-pruned"));
      if (!isDone(train(strategy + "-trained", weighting, 80))) {
        return Optional.empty();
      }
    }

    progress.accept("4/4 comparing on text that no run looked at");
    List<Row> rows = new ArrayList<>();
    rows.add(row("", "source", "source"));
    for (String stage : List.of("pruned", "trained")) {
      for (String strategy : STRATEGIES) {
        rows.add(row(strategy, stage, strategy + "-" + stage));
      }
    }
    Path report = out.resolve("report.html");
    Report.write(
        Stream.of("-pruned", "-trained")
            .flatMap(stage -> STRATEGIES.stream().map(strategy -> out.resolve(strategy + stage)))
            .toList(),
        report);
    return Optional.of(new Result(rows, model(STRATEGIES.getFirst() + "-trained"), report));
  }

  private void prepare(PrepareListener listener) throws IOException {
    Path corpus = out.resolve("corpus");
    Path tokenizerFolder = Files.createDirectories(out.resolve("tokenizer"));
    DemoCorpus.write(corpus, CHARACTERS, SEED);
    DemoTokenizer.write(tokenizerFolder);
    var config = PrepareConfig.of("seq_len=" + SEQ_LEN, "shard_mib=64");
    try (var tokenizer = Tokenizer.load(tokenizerFolder)) {
      new Prepare(CorpusFinder.in(corpus), tokenizer, config, listener).into(out.resolve("data"));
    }
  }

  private List<String> sourceShape() {
    return List.of(
        "shape.hidden_size=128",
        "shape.layers=4",
        "shape.heads=4",
        "shape.intermediate_size=352",
        "shape.tokenizer=" + out.resolve("tokenizer"),
        "learning_rate=2e-3",
        "domains.strategy=constant");
  }

  private RunKind train(String folder, List<String> keys, int steps) {
    return new TrainRun(
        ConfigLoader.load(settings(folder, steps, "learning_rate=1e-3", keys), TrainConfig.class));
  }

  private RunKind prune(String strategy, List<String> weighting) {
    List<String> keys = new ArrayList<>(weighting);
    keys.addAll(
        List.of(
            "model=" + model("source"),
            "target.hidden_size=96",
            "target.layers=3",
            "target.heads=3",
            "target.intermediate_size=256",
            // So short a run reaches its target only with faster masks and a slower rise.
            "mask_learning_rate=2",
            "sparsity_warmup=0.7"));
    return new PruneRun(
        ConfigLoader.load(
            settings(strategy + "-pruned", 150, "learning_rate=5e-4", keys), PruneConfig.class));
  }

  /** What all runs of the demo share, with {@code keys} over it. */
  private List<String> settings(String folder, int steps, String rate, List<String> keys) {
    List<String> settings =
        new ArrayList<>(
            List.of(
                rate,
                "data=" + out.resolve("data"),
                "output=" + out.resolve(folder),
                "steps=" + steps,
                "global_batch=16",
                "micro_batch=16",
                "evaluation_interval=20",
                "evaluation_sequences=8",
                "checkpoint_interval=100",
                "keep_checkpoints=1",
                "seed=" + SEED));
    settings.addAll(keys);
    settings.addAll(runKeys);
    return settings;
  }

  private boolean isDone(RunKind run) throws IOException, InterruptedException {
    return !runs.execute(run).isInterrupted();
  }

  /** The source's held-out losses: what the smaller model is to come back to. */
  private List<String> references() throws IOException {
    return evaluate("source", EvaluationText.WATCHED_BY_RUNS).domains().entrySet().stream()
        .map(entry -> "domains.reference_loss." + entry.getKey() + "=" + entry.getValue().loss())
        .toList();
  }

  private Row row(String strategy, String stage, String run) throws IOException {
    return new Row(strategy, stage, evaluate(run, EvaluationText.UNSEEN_BY_RUNS));
  }

  private ModelEvaluation evaluate(String run, EvaluationText part) throws IOException {
    try (var data = PreparedData.open(out.resolve("data"))) {
      return ModelEvaluation.of(model(run), data, part, Long.MAX_VALUE, 16, options);
    }
  }

  private Path model(String run) {
    return out.resolve(run).resolve(RunFolder.MODEL);
  }
}
