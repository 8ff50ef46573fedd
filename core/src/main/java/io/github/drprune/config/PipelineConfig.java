package io.github.drprune.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.config.binding.Inline;
import io.github.drprune.config.binding.Key;
import io.github.drprune.data.prepare.Corpus;
import io.github.drprune.data.prepare.CorpusInput;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.Storage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The stages of {@code run}, each under its name in one file; those not named are left out. What
 * follows from an earlier stage need not be said: {@code data} from what was prepared, the model to
 * train from the one pruned or cut, what to evaluate and report from the runs.
 */
public record PipelineConfig(
    @Key(
            doc =
                "Training tokens to spend over all, or the time that the run may take: chooses the"
                    + " method, steps, batch, learning rate and distillation of the stages prune"
                    + " and train, where they are not given.",
            pattern = Budget.PATTERN,
            form = "a number of tokens such as 400M, or a time such as 8h or 90min")
        Optional<String> budget,
    @Key(doc = "Text to prepared data.") Optional<Prepare> prepare,
    @Key(doc = "Keys as of 'prune'.") Optional<PruneConfig> prune,
    @Key(doc = "A cut by masks from a file.") Optional<Cut> cut,
    @Key(doc = "Keys as of 'train'.") Optional<TrainConfig> train,
    @Key(doc = "Held-out losses of the models.") Optional<Evaluate> evaluate,
    @Key(doc = "The report on the runs.") Optional<Report> report) {

  /** The stage {@code prepare}. */
  public record Prepare(
      @Key(doc = "Folder of the model whose tokenizer to use.") Path tokenizer,
      @Key(doc = "Folder with a file or folder for each domain; this or `domains`.")
          Optional<Path> input,
      @Key(
              doc =
                  "File or folder of each domain, or of one split of it under NAME:SPLIT (train,"
                      + " eval, test).")
          Map<String, Path> domains,
      @Key(doc = "Folder to write.") Path out,
      @Inline PrepareConfig settings) {
    public Prepare {
      if (input.isPresent() != domains.isEmpty()) {
        throw new IllegalArgumentException(
            "input: give this or domains, found " + (input.isPresent() ? "both" : "neither"));
      }
    }

    /** What the text is read from. */
    public List<Path> inputs() {
      return input.map(List::of).orElseGet(() -> List.copyOf(domains.values()));
    }

    /** The text in them. */
    public Corpus corpus() {
      var found =
          input
              .map(folder -> new CorpusInput(folder.toString(), null))
              .orElseGet(
                  () ->
                      new CorpusInput(
                          null,
                          domains.entrySet().stream()
                              .map(domain -> domain.getKey() + "=" + domain.getValue())
                              .toList()));
      return found.find(settings, Storage.LOCAL);
    }
  }

  /** The stage {@code cut}. */
  public record Cut(
      @Key(doc = "Folder of the checkpoint to cut; without it the model of 'prune'.") Path model,
      @Key(doc = "The file of masks.") Path masks,
      @Key(doc = "Folder to write.") Path output) {}

  /** The stage {@code evaluate}. */
  public record Evaluate(
      @Key(doc = "Folders of the models; without it those of the stages before.") List<Path> models,
      @Key(doc = "Prepared data; without it that of the stages before.") Path data,
      @Key(doc = "File for the figures.") Path json) {
    public Evaluate {
      models = List.copyOf(models);
      if (models.isEmpty()) {
        throw new IllegalArgumentException("models: expected at least one folder");
      }
    }
  }

  /** The stage {@code report}. */
  public record Report(
      @Key(doc = "Run folders; without it those of the stages before.") List<Path> runs,
      @Key(doc = "The HTML file to write.") Path out) {
    public Report {
      runs = List.copyOf(runs);
      if (runs.isEmpty()) {
        throw new IllegalArgumentException("runs: expected at least one run folder");
      }
    }
  }

  /** Where a run folder has its result. */
  private static final String RESULT = "model";

  public PipelineConfig {
    if (Stream.of(prepare, prune, cut, train, evaluate, report).allMatch(Optional::isEmpty)) {
      throw new IllegalArgumentException(
          "prepare: a pipeline needs at least one of the stages prepare, prune, cut, train,"
              + " evaluate, report");
    }
  }

  /**
   * The time that the run may take, where the budget is one. The stages are then those of some
   * number of tokens, until the file is loaded with the number that the time pays for.
   */
  public Optional<Duration> time() {
    return budget.flatMap(Budget::time);
  }

  /** What the budget is spent on, in a line; empty without a budget. */
  public Optional<String> spending() {
    if (budget.isEmpty() || prune.isEmpty() || train.isEmpty()) {
      return Optional.empty();
    }
    MaskConfig masks = prune.get().masks();
    RunConfig training = train.get().run();
    String pruning =
        switch (masks.method()) {
          case IMPORTANCE ->
              "a cut by importance" + (masks.reconstruction() ? ", fitted to the source" : "");
          case MASKS -> "masks learned in %d steps".formatted(prune.get().run().steps());
        };
    String taught =
        training
            .distillation()
            .map(d -> ", %s of the loss distilled from %s".formatted(d.weight(), d.teacher()))
            .orElse("");
    return Optional.of(
        String.format(
            Locale.ROOT,
            "budget of %,d tokens: %s; then %,d steps of %d sequences at learning rate %.2g%s",
            Budget.tokens(budget.get()),
            pruning,
            training.steps(),
            training.globalBatch(),
            training.optimizer().learningRate(),
            taught));
  }

  /** Reads a pipeline file; see {@link ConfigLoader}. */
  public static PipelineConfig load(Path file, List<String> sets) throws IOException {
    return ConfigLoader.load(
        Optional.of(file), sets, PipelineConfig.class, PipelineConfig::complete);
  }

  /** Puts in what follows from earlier stages, where it is not given. */
  private static void complete(ObjectNode tree) {
    Optional<String> data = text(tree, "prepare", "out");
    for (String stage : List.of("prune", "train", "evaluate")) {
      fill(tree, stage, "data", data);
      data = first(text(tree, stage, "data"), data);
    }
    Optional<String> source = text(tree, "prune", "model");
    fill(tree, "cut", "model", source);
    if (ConfigLoader.isGiven(tree, "cut")) {
      // The masks are applied to the checkpoint again, so they must be of its own units.
      fill(tree, "prune", "hidden_basis", Optional.of("source"));
    }
    Optional<String> pruned = text(tree, "prune", "output").map(PipelineConfig::result);
    Optional<String> start = first(text(tree, "cut", "output"), pruned);
    if (tree.get("train") instanceof ObjectNode train && !ConfigLoader.isGiven(train, "shape")) {
      fill(tree, "train", "model", start);
      Optional<String> model = text(tree, "train", "model");
      if (isSame(model, text(tree, "cut", "output"))) {
        first(text(tree, "cut", "model"), source).ifPresent(from -> taughtBySource(train, from));
      } else if (isSame(model, pruned)) {
        source.ifPresent(from -> taughtBySource(train, from));
      }
    }
    if (ConfigLoader.isGiven(tree, "budget")) {
      try {
        Budget.complete(tree);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    Optional<String> trained = text(tree, "train", "output").map(PipelineConfig::result);
    fillList(tree, "evaluate", "models", Stream.of(source, start, trained));
    fillList(
        tree,
        "report",
        "runs",
        Stream.of(text(tree, "prune", "output"), text(tree, "train", "output")));
  }

  /** Of what was cut the source is not the cut model, which would be its own teacher. */
  private static void taughtBySource(ObjectNode train, String source) {
    if (train.get("distillation") instanceof ObjectNode distillation
        && (!ConfigLoader.isGiven(distillation, "teacher")
            || distillation.get("teacher").asText().equals(DistillationConfig.SOURCE))) {
      distillation.put("teacher", source);
    }
  }

  private static boolean isSame(Optional<String> path, Optional<String> other) {
    return path.isPresent()
        && other.isPresent()
        && Path.of(path.get()).normalize().equals(Path.of(other.get()).normalize());
  }

  private static String result(String run) {
    return Path.of(run, RESULT).toString();
  }

  private static Optional<String> first(Optional<String> preferred, Optional<String> otherwise) {
    return preferred.isPresent() ? preferred : otherwise;
  }

  private static Optional<String> text(ObjectNode tree, String stage, String key) {
    return Optional.ofNullable(tree.path(stage).path(key).textValue());
  }

  private static void fill(ObjectNode tree, String stage, String key, Optional<String> value) {
    if (tree.get(stage) instanceof ObjectNode keys && !ConfigLoader.isGiven(keys, key)) {
      value.ifPresent(text -> keys.put(key, text));
    }
  }

  private static void fillList(
      ObjectNode tree, String stage, String key, Stream<Optional<String>> values) {
    if (tree.get(stage) instanceof ObjectNode keys && !ConfigLoader.isGiven(keys, key)) {
      var list = keys.putArray(key);
      values.flatMap(Optional::stream).forEach(list::add);
    }
  }
}
