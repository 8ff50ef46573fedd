package io.github.drprune.cli;

import io.github.drprune.config.PruneConfig;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.prepare.CorpusFinder;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.demo.DemoCorpus;
import io.github.drprune.demo.DemoTokenizer;
import io.github.drprune.evaluate.EvaluationText;
import io.github.drprune.evaluate.ModelEvaluation;
import io.github.drprune.io.OutputPaths;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.report.Report;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code drprune demo}. */
@Command(
    name = "demo",
    description = {
      "Shows everything on a corpus of its own making, in a few minutes.",
      "Trains a small model, prunes it to about half with each of three ways to weight the",
      "domains, continues pretraining and compares. Called again it goes on from where it was."
    },
    mixinStandardHelpOptions = true,
    footer = {"", "Example:", "  drprune demo --out demo"})
final class DemoCommand implements Callable<Integer> {
  private static final List<String> STRATEGIES = List.of("drpruning", "sheared", "constant");
  private static final int SEQ_LEN = 128;
  private static final long CHARACTERS = 1_500_000;
  private static final long SEED = 17;

  /** One model's held-out losses in the comparison. */
  record Row(String strategy, String stage, ModelEvaluation evaluation) {}

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      defaultValue = "drprune-demo",
      description = "Where everything goes (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Mixin private ModelOptionsMixin options;
  @Mixin private JsonOption json;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    OutputPaths.requireFolder(out);
    PrintWriter err = spec.commandLine().getErr();
    var holding = options.inference();
    err.println("1/4 making a corpus of five domains");
    prepare();

    err.println("2/4 training a small Llama to start from");
    if (!train("source", sourceShape(), 240)) {
      return 0;
    }

    err.println("3/4 pruning it to about half and continuing pretraining, in three ways");
    List<String> references = references(holding);
    for (String strategy : STRATEGIES) {
      err.println("--- " + strategy);
      List<String> weighting = new ArrayList<>(references);
      weighting.add("domains.strategy=" + strategy);
      if (!prune(strategy, weighting)) {
        return 0;
      }
      weighting.add("model=" + out.resolve(strategy + "-pruned/model"));
      if (!train(strategy + "-trained", weighting, 80)) {
        return 0;
      }
    }

    err.println("4/4 comparing on text that no run looked at");
    List<Row> rows = new ArrayList<>();
    for (String[] model : models()) {
      rows.add(
          new Row(model[0], model[1], evaluate(model[2], EvaluationText.UNSEEN_BY_RUNS, holding)));
    }
    Path report = out.resolve("report.html");
    Report.write(
        Stream.of("-pruned", "-trained")
            .flatMap(stage -> STRATEGIES.stream().map(strategy -> out.resolve(strategy + stage)))
            .toList(),
        report);
    json.write(rows);
    print(rows, report, spec.commandLine().getOut());
    return 0;
  }

  private void prepare() throws IOException {
    Path corpus = out.resolve("corpus");
    Path tokenizerFolder = Files.createDirectories(out.resolve("tokenizer"));
    DemoCorpus.write(corpus, CHARACTERS, SEED);
    DemoTokenizer.write(tokenizerFolder);
    var config =
        new PrepareConfig(
            SEQ_LEN,
            PrepareConfig.TEXT_FIELD,
            PrepareConfig.EVAL_FRACTION,
            0,
            null,
            64 << 20,
            PrepareConfig.MAX_BAD_LINES,
            Runtime.getRuntime().availableProcessors());
    try (var tokenizer = Tokenizer.load(tokenizerFolder);
        var progress = new PrepareProgress(spec.commandLine().getErr())) {
      new Prepare(CorpusFinder.in(corpus), tokenizer, config, progress).into(out.resolve("data"));
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

  private boolean train(String folder, List<String> keys, int steps)
      throws IOException, InterruptedException {
    var config =
        ConfigLoader.load(
            Optional.empty(),
            settings(folder, steps, "learning_rate=1e-3", keys),
            TrainConfig.class);
    return execute(runner -> runner.train(config));
  }

  /** The source's held-out losses: what the smaller model is to come back to. */
  private List<String> references(ModelOptions holding) throws IOException {
    return evaluate("source", EvaluationText.WATCHED_BY_RUNS, holding).domains().entrySet().stream()
        .map(entry -> "domains.reference_loss." + entry.getKey() + "=" + entry.getValue().loss())
        .toList();
  }

  private ModelEvaluation evaluate(String run, EvaluationText part, ModelOptions holding)
      throws IOException {
    try (var data = PreparedData.open(out.resolve("data"))) {
      return ModelEvaluation.of(
          out.resolve(run).resolve("model"), data, part, Long.MAX_VALUE, 16, holding);
    }
  }

  private boolean prune(String strategy, List<String> weighting)
      throws IOException, InterruptedException {
    List<String> keys = new ArrayList<>(weighting);
    keys.addAll(
        List.of(
            "model=" + out.resolve("source/model"),
            "target.hidden_size=96",
            "target.layers=3",
            "target.heads=3",
            "target.intermediate_size=256",
            // So short a run reaches its target only with faster masks and a slower rise.
            "mask_learning_rate=2",
            "sparsity_warmup=0.7"));
    var config =
        ConfigLoader.load(
            Optional.empty(),
            settings(strategy + "-pruned", 150, "learning_rate=5e-4", keys),
            PruneConfig.class);
    return execute(runner -> runner.prune(config));
  }

  /**
   * What all runs of the demo share, and then {@code keys}; a key of theirs replaces a shared one.
   */
  private List<String> settings(String folder, int steps, String rate, List<String> keys) {
    List<String> settings = new ArrayList<>(keys);
    boolean ownRate = keys.stream().anyMatch(key -> key.startsWith("learning_rate="));
    if (!ownRate) {
      settings.add(rate);
    }
    settings.addAll(
        List.of(
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
    settings.addAll(options.runKeys());
    return settings;
  }

  private boolean execute(RunExecution.Work work) throws IOException, InterruptedException {
    var console = spec.commandLine();
    return !RunExecution.execute(work, console.getErr(), console.getErr(), new JsonOption())
        .isInterrupted();
  }

  /** Strategy, stage and run folder of every model compared. */
  private static List<String[]> models() {
    List<String[]> models = new ArrayList<>();
    models.add(new String[] {"", "source", "source"});
    for (String stage : List.of("pruned", "trained")) {
      for (String strategy : STRATEGIES) {
        models.add(new String[] {strategy, stage, strategy + "-" + stage});
      }
    }
    return models;
  }

  private void print(List<Row> rows, Path report, PrintWriter terminal) {
    List<String> domains = List.copyOf(rows.getFirst().evaluation().domains().keySet());
    List<String> header = new ArrayList<>(List.of("perplexity", "weighting"));
    header.addAll(domains);
    header.add("mean");
    List<List<String>> table = new ArrayList<>();
    for (Row row : rows) {
      List<String> cells = new ArrayList<>(List.of(row.stage(), row.strategy()));
      domains.forEach(
          domain -> cells.add(figure(row.evaluation().domains().get(domain).perplexity())));
      cells.add(figure(row.evaluation().meanPerplexity()));
      table.add(cells);
    }
    terminal.println();
    Console.table(header, table).forEach(terminal::println);
    terminal.printf(
        """

        Everything is in %s:
          report.html             open it in a browser: losses, weights, masks of all runs
          drpruning-trained/model the smaller model, a Hugging Face checkpoint
          data/, corpus/          the text it was made with
        Next:
          drprune inspect %s
          drprune generate %s --prompt 'the old river ' --max-tokens 80
          drprune watch %s
        """,
        out, out.resolve("drpruning-trained/model"), out.resolve("drpruning-trained/model"), out);
    terminal.println("With a model and text of your own: see 'Prune a real model' in README.md");
    terminal.flush();
  }

  private static String figure(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
