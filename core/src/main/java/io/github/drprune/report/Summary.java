package io.github.drprune.report;

import io.github.drprune.model.ModelSummary;
import io.github.drprune.run.RunEvent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** A run in plain words and key figures, for a reader who knows nothing of the method. */
final class Summary {
  /** Sparsity further than this from its target is worth a sentence. */
  private static final double NOTABLE_SPARSITY = 0.02;

  /** A loss that rose by less is noise. */
  private static final double NOTABLE_LOSS = 0.005;

  private static final double NOTABLE_EPOCHS = 1.5;

  private static final char FIRST_STRONG_ISOLATE = '\u2068';
  private static final char POP_ISOLATE = '\u2069';

  private final RunHistory run;
  private final RunStatus state;
  private final List<RunView.DomainRow> domains;
  private final ModelSummary source;
  private final ModelSummary result;
  private final boolean cut;

  Summary(RunHistory run, RunStatus state, List<RunView.DomainRow> domains) {
    this.run = run;
    this.state = state;
    this.domains = domains;
    var start = run.start();
    source = start == null ? null : start.source();
    var end = run.done() == null ? null : run.done().result();
    var made = end != null ? end : run.cut() == null ? null : run.cut().result();
    cut = made != null;
    result = made != null ? made : start == null ? null : start.target();
  }

  List<String> sentences() {
    var sentences = new ArrayList<String>();
    sentences.add(progress());
    size().ifPresent(sentences::add);
    quality().ifPresent(sentences::add);
    masks().ifPresent(sentences::add);
    data().ifPresent(sentences::add);
    epochs().ifPresent(sentences::add);
    return sentences;
  }

  private String progress() {
    String at = "step %,d%s".formatted(run.step(), run.steps() > 0 ? of(run.steps()) : "");
    var done = run.done();
    return switch (state) {
      case EMPTY ->
          "The run has written nothing yet. This page fills as soon as its first step is done.";
      case RUNNING -> run.step() == 0 ? "The run has begun; no step is done yet." : running(at);
      case DONE ->
          "The run is complete: %,d steps over %s training tokens%s."
              .formatted(run.step(), Figures.count(run.tokens()), took(done));
      case INTERRUPTED ->
          "The run was interrupted at " + at + " and can be resumed from its last checkpoint.";
      case FAILED ->
          "The run failed at %s: %s"
              .formatted(at, done == null || done.message() == null ? "" : done.message());
      case STALE ->
          "The run stopped writing at %s without saying why; it was probably killed. It can be resumed from its last checkpoint."
              .formatted(at);
    };
  }

  private String running(String at) {
    String rest = "";
    var last = run.lastTrain();
    if (last != null && run.steps() > run.step() && last.tokensPerSecond() > 0) {
      double tokens = (double) (run.steps() - run.step()) * run.tokensPerStep();
      rest =
          "; about %s to go at the present speed"
              .formatted(Figures.duration(tokens / last.tokensPerSecond()));
    }
    return "The run is at %s%s.".formatted(at, rest);
  }

  private String of(long steps) {
    return " of %,d (%s)".formatted(steps, Figures.percent((double) run.step() / steps));
  }

  private static String took(RunEvent.Done done) {
    return done == null || done.seconds() <= 0 ? "" : " in " + Figures.duration(done.seconds());
  }

  private Optional<String> size() {
    if (source == null) {
      return Optional.empty();
    }
    String from =
        "a %s model of %s parameters (%s)"
            .formatted(source.family(), Figures.count(source.parameters()), shape(source));
    if (result == null || result.equals(source)) {
      return Optional.of((state == RunStatus.RUNNING ? "It trains " : "It trained ") + from + ".");
    }
    return Optional.of(
        "It %s %s %s %s (%s), %s of the size. %s"
            .formatted(
                cut ? "cut" : state == RunStatus.RUNNING ? "is pruning" : "was pruning",
                from,
                cut ? "to" : "towards",
                Figures.count(result.parameters()),
                shape(result),
                Figures.percent((double) result.parameters() / source.parameters()),
                work()));
  }

  private String work() {
    return source
        .speedUp(result)
        .map(Figures::three)
        .map(
            "Per token its blocks do %s times less arithmetic, counted from the shapes."::formatted)
        .orElse("");
  }

  private static String shape(ModelSummary model) {
    return "%d layers, hidden size %d, %d heads, intermediate size %d"
        .formatted(model.layers(), model.hiddenSize(), model.heads(), model.intermediateSize());
  }

  private Optional<String> quality() {
    var now = run.now();
    if (now == null) {
      return Optional.empty();
    }
    var text = new StringBuilder();
    if (now == run.before()) {
      text.append(
          "Mean held-out loss over the domains is %s nats per token (perplexity %s)."
              .formatted(Figures.three(now.meanLoss()), perplexity(now.meanLoss())));
    } else {
      text.append(
          "Mean held-out perplexity over the domains went from %s to %s (lower is better)."
              .formatted(perplexity(run.before().meanLoss()), perplexity(now.meanLoss())));
    }
    row(now.worstDomain())
        .filter(row -> row.perplexityNow() != null)
        .ifPresent(
            row ->
                text.append(
                    " The worst domain is %s with perplexity %s."
                        .formatted(named(row), Figures.three(row.perplexityNow()))));
    domains.stream()
        .filter(row -> row.lossBefore() != null && row.lossNow() != null)
        .max(Comparator.comparingDouble(Summary::rise))
        .filter(row -> rise(row) > NOTABLE_LOSS)
        .ifPresent(
            row ->
                text.append(
                    " %s lost most: its loss is %s nats per token above where it began."
                        .formatted(named(row), Figures.three(rise(row)))));
    return Optional.of(text.toString());
  }

  /** A domain's name in a sentence: whatever it contains, it must not turn the words around it. */
  private static String named(RunView.DomainRow row) {
    String name = row.domain().replaceAll("\\p{Cntrl}", "\ufffd");
    boolean plain = name.chars().allMatch(c -> c < 0x7f);
    return plain ? name : FIRST_STRONG_ISOLATE + name + POP_ISOLATE;
  }

  private static double rise(RunView.DomainRow row) {
    return row.lossNow() - row.lossBefore();
  }

  private Optional<RunView.DomainRow> row(String domain) {
    return domains.stream().filter(row -> row.domain().equals(domain)).findFirst();
  }

  private Optional<String> masks() {
    var masks = run.masks();
    if (masks == null || masks.modules().isEmpty()) {
      return Optional.empty();
    }
    var furthest =
        masks.modules().entrySet().stream()
            .filter(entry -> entry.getValue().target() != null)
            .max(Comparator.comparingDouble(entry -> distance(entry.getValue())))
            .orElse(null);
    if (furthest == null) {
      return Optional.empty();
    }
    var module = furthest.getValue();
    if (distance(module) < NOTABLE_SPARSITY) {
      return Optional.of("The masks are where they should be: every module follows its target.");
    }
    return Optional.of(
        "The masks of '%s' are furthest from where they should be: sparsity %s, target %s."
            .formatted(
                furthest.getKey(),
                Figures.percent(module.expected()),
                Figures.percent(module.target())));
  }

  private static double distance(RunEvent.Module module) {
    return Math.abs(module.expected() - module.target());
  }

  private Optional<String> data() {
    var weighted =
        domains.stream()
            .filter(row -> row.weight() != null && row.startProportion() != null)
            .sorted(Comparator.comparingDouble(row -> row.weight() - row.startProportion()))
            .toList();
    if (weighted.size() < 2) {
      return Optional.empty();
    }
    var less = weighted.getFirst();
    var more = weighted.getLast();
    if (more.weight() - more.startProportion() < NOTABLE_LOSS) {
      return Optional.of("Every domain gets the share of the data that it began with.");
    }
    return Optional.of(
        "Training data moved towards %s (from %s to %s) and away from %s (from %s to %s)."
            .formatted(
                named(more),
                Figures.percent(more.startProportion()),
                Figures.percent(more.weight()),
                named(less),
                Figures.percent(less.startProportion()),
                Figures.percent(less.weight())));
  }

  private Optional<String> epochs() {
    return domains.stream()
        .filter(row -> row.epochs() != null)
        .max(Comparator.comparingDouble(RunView.DomainRow::epochs))
        .filter(row -> row.epochs() > NOTABLE_EPOCHS)
        .map(
            row ->
                "The data of %s has been used most: %s times over."
                    .formatted(named(row), Figures.three(row.epochs())));
  }

  List<RunView.Tile> tiles() {
    var tiles = new ArrayList<RunView.Tile>();
    if (source != null && result != null && !result.equals(source)) {
      tiles.add(
          new RunView.Tile(
              "Parameters",
              Figures.count(result.parameters()),
              "%s of %s%s"
                  .formatted(
                      Figures.percent((double) result.parameters() / source.parameters()),
                      Figures.count(source.parameters()),
                      cut ? "" : ", the target")));
      source
          .speedUp(result)
          .ifPresent(
              times ->
                  tiles.add(
                      new RunView.Tile(
                          "Arithmetic per token",
                          Figures.three(times) + " × less",
                          "in the blocks, from the shapes")));
    } else if (source != null) {
      tiles.add(
          new RunView.Tile("Parameters", Figures.count(source.parameters()), source.family()));
    }
    quality(tiles);
    if (run.tokens() > 0) {
      tiles.add(
          new RunView.Tile(
              "Training tokens",
              Figures.count(run.tokens()),
              "%,d%s"
                  .formatted(
                      run.step(),
                      run.steps() > 0 ? " of %,d steps".formatted(run.steps()) : " steps")));
    }
    if (run.lastTrain() != null) {
      tiles.add(
          new RunView.Tile(
              "Speed",
              Figures.count(run.lastTrain().tokensPerSecond()),
              "training tokens per second, last step"));
    }
    return tiles;
  }

  private void quality(List<RunView.Tile> tiles) {
    var now = run.now();
    if (now == null) {
      return;
    }
    boolean first = now == run.before();
    tiles.add(
        new RunView.Tile(
            "Mean perplexity",
            perplexity(now.meanLoss()),
            first
                ? "held-out"
                : "held-out; %s before".formatted(perplexity(run.before().meanLoss()))));
    row(Objects.requireNonNullElse(now.worstDomain(), ""))
        .filter(row -> row.perplexityNow() != null)
        .ifPresent(
            row ->
                tiles.add(
                    new RunView.Tile(
                        "Worst domain",
                        row.domain(),
                        "perplexity " + Figures.three(row.perplexityNow()))));
  }

  private static String perplexity(double meanLoss) {
    return Figures.three(Math.exp(meanLoss));
  }
}
