package io.github.drprune.demo;

import io.github.drprune.config.PruneConfig;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.prepare.CorpusFinder;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.error.UserException;
import io.github.drprune.evaluate.EvaluationText;
import io.github.drprune.evaluate.ModelEvaluation;
import io.github.drprune.latency.Engine;
import io.github.drprune.latency.Latency;
import io.github.drprune.latency.LatencyOptions;
import io.github.drprune.latency.OwnEngine;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelSummary;
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
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Trains a small model on a made-up corpus, cuts it and continues pretraining in four ways that
 * spend the same tokens, and compares them. Called again it goes on.
 */
public final class Demo {
  private static final int SEQ_LEN = 128;
  private static final long CHARACTERS = 1_500_000;
  private static final int SOURCE_STEPS = 300;
  private static final int BATCH = 16;
  private static final int STEPS = 80;
  private static final double RATE = 2e-3;

  /** What each way trains on where no budget is given. */
  public static final long TOKENS = STEPS * BATCH * SEQ_LEN;

  /** The usual way: a model is fitted and taught by its source, and data follows the losses. */
  private static final String DEFAULT = "drpruning";

  private static final String SOURCE = "source";
  private static final String FITTED_CUT = "cut";
  private static final String PLAIN_CUT = "plain-cut";

  /** What one way does differently; all start from one of two cuts. */
  private enum Way {
    DRPRUNING(FITTED_CUT, List.of("domains.strategy=drpruning", "domains.rho=0.3"), true),
    SHEARED(FITTED_CUT, List.of("domains.strategy=sheared"), true),
    CONSTANT(FITTED_CUT, List.of("domains.strategy=constant"), true),
    /** A cut by activations alone and training on the text alone. */
    PLAIN(PLAIN_CUT, List.of("domains.strategy=constant"), false);

    private final String cut;
    private final List<String> keys;
    private final boolean isTaught;

    Way(String cut, List<String> keys, boolean isTaught) {
      this.cut = cut;
      this.keys = keys;
      this.isTaught = isTaught;
    }

    String folder() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Path out;
  private final long seed;
  private final int batch;
  private final int steps;
  private final ModelOptions options;
  private final List<String> runKeys;
  private final RunExecutor runs;
  private final Consumer<String> progress;

  /** One model's held-out losses in the comparison. */
  public record Row(String model, ModelEvaluation evaluation) {
    /** The largest loss of a domain above {@code source}'s, in nats per token. */
    public Excess worst(Row source) {
      return evaluation.domains().entrySet().stream()
          .map(
              domain ->
                  new Excess(
                      domain.getKey(),
                      domain.getValue().loss()
                          - source.evaluation.domains().get(domain.getKey()).loss()))
          .max(Comparator.comparingDouble(Excess::nats))
          .orElseThrow();
    }
  }

  /** How far a domain's loss is above the source's. */
  public record Excess(String domain, double nats) {}

  /**
   * What the demo found.
   *
   * @param rows the source, the two cuts, then the trained models
   * @param source the larger model, {@code smaller} what came of it
   * @param speedUp how many times as fast the smaller one reads text
   * @param report the page that compares the runs
   */
  public record Result(
      List<Row> rows,
      ModelSummary source,
      ModelSummary smaller,
      double speedUp,
      Path model,
      Path report) {
    /** The rows of the models that were trained on. */
    public List<Row> trained() {
      return rows.subList(rows.size() - Way.values().length, rows.size());
    }
  }

  /**
   * @param out where everything goes
   * @param seed of text, weights and runs
   * @param budget tokens that each way trains on
   * @param options for evaluation
   * @param runKeys what its runs take beside the demo's own settings, such as {@code device=cpu}
   * @param progress is told of each part as it begins
   */
  public Demo(
      Path out,
      long seed,
      long budget,
      ModelOptions options,
      List<String> runKeys,
      RunExecutor runs,
      Consumer<String> progress) {
    this.out = out;
    this.seed = seed;
    // A smaller budget takes smaller steps, not fewer: a handful would teach nothing.
    this.batch = Math.clamp(budget / (STEPS * SEQ_LEN), 1, BATCH);
    this.steps = steps(budget, batch);
    this.options = options;
    this.runKeys = List.copyOf(runKeys);
    this.runs = runs;
    this.progress = progress;
  }

  private static int steps(long budget, int batch) {
    long steps = budget / ((long) batch * SEQ_LEN);
    if (steps < 1 || steps > Integer.MAX_VALUE) {
      throw new UserException(
          "--budget: %,d tokens are %,d steps of %d sequences of %d tokens; choose 1 to %,d steps"
              .formatted(budget, steps, batch, SEQ_LEN, Integer.MAX_VALUE));
    }
    return (int) steps;
  }

  /** Does what is not done; empty where a run was interrupted. */
  public Optional<Result> run(PrepareListener preparation)
      throws IOException, InterruptedException {
    progress.accept("1/5 making a corpus of five domains, three of them rare");
    prepare(preparation);

    progress.accept("2/5 training a small Llama to start from");
    if (!isDone(train(SOURCE, sourceKeys()))) {
      return Optional.empty();
    }

    progress.accept("3/5 cutting it to an eighth of its size: fitted to the source, and plainly");
    if (!isDone(cut(FITTED_CUT, List.of()))
        || !isDone(
            cut(
                PLAIN_CUT,
                List.of("hidden_basis=source", "reconstruction=false", "scores=activations")))) {
      return Optional.empty();
    }

    progress.accept("4/5 continuing pretraining, in four ways");
    for (Way way : Way.values()) {
      progress.accept("--- " + way.folder());
      if (!isDone(train(way.folder(), keys(way)))) {
        return Optional.empty();
      }
    }

    progress.accept("5/5 comparing on text that no run looked at");
    List<String> models = new ArrayList<>(List.of(SOURCE, FITTED_CUT, PLAIN_CUT));
    Stream.of(Way.values()).map(Way::folder).forEach(models::add);
    List<Row> rows = new ArrayList<>();
    for (String model : models) {
      rows.add(new Row(model, evaluate(model)));
    }
    Path report = out.resolve("report.html");
    Report.write(Stream.of(Way.values()).map(way -> out.resolve(way.folder())).toList(), report);
    return Optional.of(
        new Result(
            rows,
            ModelSummary.of(ConfigReader.read(model(SOURCE))),
            ModelSummary.of(ConfigReader.read(model(DEFAULT))),
            speedUp(),
            model(DEFAULT),
            report));
  }

  private void prepare(PrepareListener listener) throws IOException {
    Path corpus = out.resolve("corpus");
    Path tokenizerFolder = Files.createDirectories(out.resolve("tokenizer"));
    DemoCorpus.write(corpus, CHARACTERS, seed);
    DemoTokenizer.write(tokenizerFolder);
    var config = PrepareConfig.of("seq_len=" + SEQ_LEN, "shard_mib=64");
    try (var tokenizer = Tokenizer.load(tokenizerFolder)) {
      new Prepare(CorpusFinder.in(corpus), tokenizer, config, listener).into(out.resolve("data"));
    }
  }

  /** The source is good at everything: it had as much of every domain. */
  private List<String> sourceKeys() {
    List<String> keys =
        new ArrayList<>(
            List.of(
                "shape.hidden_size=128",
                "shape.layers=4",
                "shape.heads=4",
                "shape.intermediate_size=352",
                "shape.tokenizer=" + out.resolve("tokenizer"),
                "learning_rate=3e-3",
                "steps=" + SOURCE_STEPS,
                "domains.strategy=constant"));
    DemoCorpus.domains().forEach(domain -> keys.add("domains.proportion.%s=0.2".formatted(domain)));
    return keys;
  }

  private RunKind train(String folder, List<String> keys) {
    return new TrainRun(ConfigLoader.load(settings(folder, keys), TrainConfig.class));
  }

  private List<String> keys(Way way) {
    List<String> keys = new ArrayList<>(way.keys);
    keys.addAll(
        List.of(
            "model=" + model(way.cut),
            // The usual rule of Adam: with the root of the batch.
            "learning_rate=" + RATE * Math.sqrt(batch / (double) BATCH),
            "steps=" + steps,
            "global_batch=" + batch,
            "micro_batch=" + batch));
    if (way.isTaught) {
      keys.add("distillation.teacher=" + model(SOURCE));
      keys.add("distillation.weight=0.9");
    }
    return keys;
  }

  private RunKind cut(String folder, List<String> how) {
    List<String> keys = new ArrayList<>(how);
    keys.addAll(
        List.of(
            "model=" + model(SOURCE),
            "method=importance",
            "learning_rate=1e-3",
            "steps=1",
            "target.hidden_size=64",
            "target.layers=2",
            "target.heads=2",
            "target.intermediate_size=128"));
    return new PruneRun(ConfigLoader.load(settings(folder, keys), PruneConfig.class));
  }

  /** What all runs of the demo share, with {@code keys} over it. */
  private List<String> settings(String folder, List<String> keys) {
    List<String> settings =
        new ArrayList<>(
            List.of(
                "data=" + out.resolve("data"),
                "output=" + out.resolve(folder),
                "global_batch=" + BATCH,
                "micro_batch=" + BATCH,
                "evaluation_interval=5",
                "evaluation_sequences=12",
                "checkpoint_interval=100",
                "keep_checkpoints=1",
                "seed=" + seed));
    settings.addAll(keys);
    settings.addAll(runKeys);
    return settings;
  }

  private boolean isDone(RunKind run) throws IOException, InterruptedException {
    return !runs.execute(run).isInterrupted();
  }

  private ModelEvaluation evaluate(String run) throws IOException {
    try (var data = PreparedData.open(out.resolve("data"))) {
      return ModelEvaluation.of(
          model(run), data, EvaluationText.UNSEEN_BY_RUNS, Long.MAX_VALUE, 16, options);
    }
  }

  /** Both are timed in turn. */
  private double speedUp() throws IOException {
    var once = new LatencyOptions(List.of(SEQ_LEN - 1), List.of(16), 1, 7);
    try (var source = new OwnEngine(model(SOURCE), options);
        var smaller = new OwnEngine(model(DEFAULT), options)) {
      SequencedMap<String, Engine> engines = new LinkedHashMap<>();
      engines.put(SOURCE, source);
      engines.put(DEFAULT, smaller);
      var measured = new Latency(once, _ -> {}).measure(engines).cases().getFirst();
      return measured.speeds().getLast().speedUp();
    }
  }

  private Path model(String run) {
    return out.resolve(run).resolve(RunFolder.MODEL);
  }
}
