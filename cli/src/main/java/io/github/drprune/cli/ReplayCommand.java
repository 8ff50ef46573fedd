package io.github.drprune.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.config.DomainsConfig;
import io.github.drprune.config.DomainsConfig.Strategy;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import io.github.drprune.run.EventLog;
import io.github.drprune.run.RunEvent;
import io.github.drprune.weighting.Replay;
import io.github.drprune.weighting.WeightingOutcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune replay}. */
@Command(
    name = "replay",
    description = {
      "Shows what other weighting settings would have done with a run's losses.",
      "Nothing is trained and the losses stay as they were: it shows how the weights react to the"
          + " settings, not what the model would have become."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  drprune replay runs/small --strategy drpruning,sheared --rho 0.05,0.2 \\",
      "      --set 'reference_loss={wiki: 1.76, web: 2.12}'"
    })
final class ReplayCommand implements Callable<Integer> {
  private static final int COLUMNS = 5;

  @Parameters(paramLabel = "RUN", description = "The folder of a run, or its metrics.jsonl.")
  private Path run;

  @Option(
      names = "--strategy",
      split = ",",
      paramLabel = "NAME",
      description =
          "One or more of drpruning, dro, sheared, bandit, constant (default: the run's).")
  private List<Strategy> strategies;

  @Option(
      names = "--rho",
      split = ",",
      paramLabel = "RHO",
      description = "One or more divergences for drpruning and dro (default: the run's).")
  private List<String> rhos;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Another key of the section 'domains' of the configuration.")
  private List<String> sets = List.of();

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "17",
      description =
          "Seed for the choice of the points that the fit forgets (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Mixin private JsonOption json;

  @Spec private CommandSpec spec;

  /** The figures of one choice of settings. */
  record Variant(
      String strategy,
      Double rho,
      List<RunEvent.Weights> weights,
      List<RunEvent.Warning> warnings) {}

  /** All figures. */
  record Figures(String run, List<RunEvent.Weights> logged, List<Variant> replays) {}

  @Override
  public Integer call() throws IOException {
    var replay = new Replay(EventLog.read(run), run.toString());
    List<Variant> variants = new ArrayList<>();
    for (DomainsConfig config : settings(replay)) {
      List<WeightingOutcome> outcomes = replay.run(config, seed);
      variants.add(
          new Variant(
              name(config.strategy()),
              usesRho(config.strategy()) ? config.rho() : null,
              outcomes.stream().map(WeightingOutcome::event).toList(),
              outcomes.stream().flatMap(outcome -> outcome.warnings().stream()).toList()));
    }
    var out = spec.commandLine().getOut();
    if (!replay.logged().isEmpty()) {
      print("as run", replay.domains(), replay.logged(), List.of(), out);
    }
    for (Variant variant : variants) {
      String title =
          variant.rho() == null
              ? variant.strategy()
              : "%s, rho %s".formatted(variant.strategy(), variant.rho());
      print(title, replay.domains(), variant.weights(), variant.warnings(), out);
    }
    out.flush();
    json.write(new Figures(run.toString(), replay.logged(), variants));
    return 0;
  }

  /** The run's own settings under those asked for, one for each strategy and divergence. */
  private List<DomainsConfig> settings(Replay replay) throws IOException {
    List<String> base = new ArrayList<>(logged(replay.start().config()));
    base.addAll(sets);
    var own = ConfigLoader.load(Optional.empty(), base, DomainsConfig.class);
    List<Strategy> chosen = strategies == null ? List.of(own.strategy()) : strategies;
    if (rhos != null && chosen.stream().noneMatch(ReplayCommand::usesRho)) {
      throw new UserException(
          "--rho: strategy '%s' has none; name drpruning or dro with --strategy"
              .formatted(name(chosen.getFirst())));
    }
    Map<String, Double> taught = replay.teachersReferences();
    List<DomainsConfig> settings = new ArrayList<>();
    for (Strategy strategy : chosen) {
      List<String> divergences = rhos == null || !usesRho(strategy) ? List.of("") : rhos;
      for (String rho : divergences) {
        var all = new ArrayList<>(base);
        all.add("strategy=" + name(strategy));
        if (!rho.isEmpty()) {
          all.add("rho=" + rho);
        }
        var config = ConfigLoader.load(Optional.empty(), all, DomainsConfig.class);
        boolean asRun = config.referenceLoss().isEmpty() && !taught.isEmpty();
        settings.add(asRun ? config.withReferencesToKeep(taught) : config);
      }
    }
    return settings;
  }

  /** The section 'domains' of a logged configuration as assignments. */
  private static List<String> logged(JsonNode config) {
    JsonNode domains = config == null ? null : config.get("domains");
    if (domains == null) {
      return List.of();
    }
    return domains.properties().stream()
        .map(
            entry ->
                entry.getKey()
                    + "="
                    + (entry.getValue().isTextual()
                        ? entry.getValue().textValue()
                        : Json.line(entry.getValue())))
        .toList();
  }

  private static boolean usesRho(Strategy strategy) {
    return switch (strategy) {
      case DRPRUNING, DRO -> true;
      case SHEARED, BANDIT, CONSTANT -> false;
    };
  }

  private static String name(Strategy strategy) {
    return strategy.name().toLowerCase(Locale.ROOT);
  }

  /** Weights at a few evaluations, first and last among them, and what the last were set by. */
  private static void print(
      String title,
      List<String> domains,
      List<RunEvent.Weights> weights,
      List<RunEvent.Warning> warnings,
      PrintWriter out) {
    List<RunEvent.Weights> shown = spread(weights);
    var last = weights.getLast();
    List<String> header =
        Stream.of(
                Stream.of("domain"),
                shown.stream().map(event -> "step " + event.step()),
                Stream.of("proportion", "reference loss", "excess"))
            .flatMap(column -> column)
            .toList();
    List<List<String>> rows = new ArrayList<>();
    for (String domain : domains) {
      rows.add(
          Stream.of(
                  Stream.of(domain),
                  shown.stream().map(event -> figure(event.weights(), domain)),
                  Stream.of(
                      figure(last.referenceProportion(), domain),
                      figure(last.referenceLoss(), domain),
                      figure(last.excess(), domain)))
              .flatMap(cell -> cell)
              .toList());
    }
    out.println(title);
    Console.table(header, rows).forEach(line -> out.println("  " + line));
    out.printf(
        Locale.ROOT,
        "  divergence %.4f%s%n",
        last.divergence(),
        Boolean.FALSE.equals(last.rhoReached()) ? ", rho out of reach" : "");
    warnings.forEach(
        warning -> out.printf("  warning at step %d: %s%n", warning.step(), warning.message()));
    out.println();
  }

  private static List<RunEvent.Weights> spread(List<RunEvent.Weights> weights) {
    int columns = Math.min(COLUMNS, weights.size());
    List<RunEvent.Weights> shown = new ArrayList<>();
    for (int i = 0; i < columns; i++) {
      int at = columns == 1 ? 0 : i * (weights.size() - 1) / (columns - 1);
      shown.add(weights.get(at));
    }
    return shown;
  }

  private static String figure(Map<String, Double> values, String domain) {
    Double value = values == null ? null : values.get(domain);
    return value == null ? "-" : String.format(Locale.ROOT, "%.4f", value);
  }
}
