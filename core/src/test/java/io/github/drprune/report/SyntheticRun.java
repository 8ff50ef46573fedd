package io.github.drprune.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.json.Json;
import io.github.drprune.model.ModelSummary;
import io.github.drprune.run.RunEvent;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * A pruning run of any size that never happened: losses fall along scaling laws and rise with
 * sparsity, weights follow the excess, masks follow their target.
 */
public record SyntheticRun(List<String> domains, int steps, int evaluateEvery, long seed) {
  public static final List<String> SEVEN =
      List.of("common_crawl", "c4", "github", "books", "wiki", "arxiv", "stack_exchange");

  public static final List<String> SIXTEEN =
      List.of(
          "web/en",
          "web/de",
          "web/fr",
          "web/es",
          "web/zh",
          "code/python",
          "code/java",
          "code/c++",
          "books",
          "encyclopedia",
          "science/arxiv",
          "science/pubmed",
          "law",
          "patents",
          "questions_and_answers",
          "mathematics");

  public static final List<String> HOSTILE =
      List.of(
          "</script><script>window.hacked=1</script>",
          "<img src=x onerror=window.hacked=2>",
          "\"><svg/onload=window.hacked=3>",
          "@library@ ${window.hacked=4} {{7*7}} {b}{c}",
          "__proto__",
          "constructor",
          "a very long name of a domain that goes on and on and on without ever coming to an end",
          "\u202Edlrow\u2028<!--<script>",
          "Größe → 東京 😀");

  private static final long TOKENS_PER_STEP = 4096L * 128;
  private static final ModelSummary SOURCE =
      new ModelSummary("llama", 768, 12, 12, 12, 2048, 134_515_008L, 84_934_656L);
  private static final ModelSummary TARGET =
      new ModelSummary("llama", 512, 8, 8, 8, 1408, 50_341_376L, 25_690_112L);
  private static final Map<String, Double> GOALS =
      Map.of("hidden", 1.0 / 3, "layer", 1.0 / 3, "head", 1.0 / 3, "intermediate", 0.3125);
  private static final List<String> MODULES = List.of("layer", "head", "intermediate", "hidden");

  static List<String> numbered(int count) {
    return IntStream.range(0, count).mapToObj("domain_%02d"::formatted).toList();
  }

  /** The run's events, all of them, from its start to its completion. */
  public void forEach(Consumer<RunEvent> sink) {
    new Telling(this, sink).tell();
  }

  List<RunEvent> events() {
    var events = new ArrayList<RunEvent>();
    forEach(events::add);
    return events;
  }

  /** Writes {@code folder/metrics.jsonl}. */
  public Path write(Path folder) throws IOException {
    Files.createDirectories(folder);
    Path file = folder.resolve(RunFile.METRICS);
    try (BufferedWriter writer = Files.newBufferedWriter(file)) {
      forEach(
          event -> {
            try {
              writer.write(line(event));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
    return folder;
  }

  static String line(RunEvent event) {
    return Json.line(event) + "\n";
  }

  public RunEvent.Start start(long step) {
    JsonNode config =
        Json.tree(
            """
            {"model":{"source":"models/llama-135m"},"prune":{"target":{"hidden":512,"layers":8,
            "heads":8,"intermediate":1408},"sparsity_warmup":%d},"weighting":{"strategy":"drpruning",
            "rho":0.1,"min_ratio":0.2},"train":{"steps":%d,"batch_size":128,"learning_rate":0.0003}}
            """
                .formatted(steps / 2, steps),
            "config");
    var environment = new LinkedHashMap<String, String>();
    environment.put("drprune", "0.1.0");
    environment.put("java", "25.0.1");
    environment.put("device", "cuda:0 (80 GB)");
    environment.put("threads", "16");
    environment.put("host", "node-17");
    return new RunEvent.Start(
        step,
        "prune",
        "2026-03-01T08:15:00Z",
        steps,
        TOKENS_PER_STEP,
        SOURCE,
        TARGET,
        domains,
        config,
        environment);
  }

  /** One telling of the run, with the state that evolves over it. */
  private static final class Telling {
    private final SyntheticRun run;
    private final Consumer<RunEvent> sink;
    private final SplittableRandom random;
    private final Map<String, double[]> laws = new LinkedHashMap<>();
    private final Map<String, Double> proportions = new LinkedHashMap<>();
    private final Map<String, Double> seen = new LinkedHashMap<>();
    private Map<String, Double> weights;
    private Map<String, Double> start;

    Telling(SyntheticRun run, Consumer<RunEvent> sink) {
      this.run = run;
      this.sink = sink;
      random = new SplittableRandom(run.seed);
      double total = 0;
      for (String domain : run.domains) {
        double share = 0.05 + random.nextDouble();
        proportions.put(domain, share);
        seen.put(domain, 0.0);
        // A, alpha, E, and how much sparsity hurts.
        laws.put(
            domain,
            new double[] {
              18 + 6 * random.nextDouble(),
              0.17 + 0.03 * random.nextDouble(),
              1.3 + 1.5 * random.nextDouble(),
              0.3 + 1.2 * random.nextDouble()
            });
        total += share;
      }
      double sum = total;
      proportions.replaceAll((domain, share) -> share / sum);
      start = Map.copyOf(proportions);
      weights = new LinkedHashMap<>(proportions);
    }

    void tell() {
      sink.accept(run.start(0));
      evaluate(0);
      weigh(0);
      for (int step = 1; step <= run.steps; step++) {
        train(step);
        if (step % run.evaluateEvery == 0 || step == run.steps) {
          evaluate(step);
          weigh(step);
          mask(step);
        }
        if (step == run.steps / 3) {
          sink.accept(
              new RunEvent.Warning(
                  step,
                  "layer 7: expected sparsity of 'head' is 0.09 behind its target; raise"
                      + " mask_learning_rate or lengthen sparsity_warmup"));
        }
      }
      sink.accept(new RunEvent.Cut(run.steps, TARGET, kept()));
      sink.accept(
          new RunEvent.Done(
              run.steps,
              "completed",
              null,
              TARGET,
              run.steps * TOKENS_PER_STEP,
              run.steps * TOKENS_PER_STEP / 182_000.0));
    }

    private double target(int step) {
      return Math.min(1, step / (run.steps / 2.0));
    }

    private double expected(int step) {
      double lag = Math.min(1, Math.max(0, step - run.steps * 0.02) / (run.steps / 2.0));
      return lag * (1 + 0.03 * Math.sin(step * 20.0 / run.steps));
    }

    private double loss(String domain, int step) {
      double[] law = laws.get(domain);
      double learned = law[0] * Math.pow(seen.get(domain) + 4e7, -law[1]);
      double hurt = law[3] * Math.pow(expected(step), 2);
      double healed = Math.max(0, step - run.steps / 2.0) / run.steps;
      return law[2] + learned + hurt * (1 - healed);
    }

    private void train(int step) {
      var losses = new LinkedHashMap<String, Double>();
      for (String domain : run.domains) {
        seen.merge(domain, weights.get(domain) * TOKENS_PER_STEP, Double::sum);
        if (random.nextDouble() < Math.min(1, 20 * weights.get(domain))) {
          losses.put(domain, loss(domain, step) + 0.06 * gaussian());
        }
      }
      double mean = losses.values().stream().mapToDouble(Double::doubleValue).average().orElse(3);
      double progress = (double) step / run.steps;
      double rate =
          3e-4 * Math.min(1, progress / 0.03) * (0.55 + 0.45 * Math.cos(Math.PI * progress));
      double spike = random.nextInt(400) == 0 ? 3 : 0;
      sink.accept(
          new RunEvent.Train(
              step,
              mean + 0.03 * gaussian() + spike / 8,
              losses,
              step * TOKENS_PER_STEP,
              182_000 * (1 - Math.abs(0.02 * gaussian())) * (random.nextInt(200) == 0 ? 0.6 : 1),
              rate,
              0.8 + 0.15 * Math.abs(gaussian()) + spike,
              expected(step) * 0.62,
              target(step) * 0.62,
              null,
              1));
    }

    private double gaussian() {
      return random.nextGaussian();
    }

    private void evaluate(int step) {
      var results = new LinkedHashMap<String, RunEvent.DomainEvaluation>();
      String worst = run.domains.getFirst();
      double total = 0;
      for (String domain : run.domains) {
        double loss = loss(domain, step) + 0.006 * gaussian();
        results.put(domain, new RunEvent.DomainEvaluation(loss, Math.exp(loss), 262_144));
        total += loss;
        worst = loss > results.get(worst).loss() ? domain : worst;
      }
      sink.accept(
          new RunEvent.Evaluation(
              step,
              step * TOKENS_PER_STEP,
              results,
              total / run.domains.size(),
              worst,
              values(domain -> seen.get(domain) / (2e8 + 3e9 * start.get(domain)))));
    }

    private Map<String, Double> values(ToDoubleFunction<String> value) {
      var values = new LinkedHashMap<String, Double>();
      run.domains.forEach(domain -> values.put(domain, value.applyAsDouble(domain)));
      return values;
    }

    private void weigh(int step) {
      double progress = (double) step / run.steps;
      var reference = values(domain -> laws.get(domain)[2] + 0.55 - 0.2 * progress);
      var excess = values(domain -> loss(domain, step) - reference.get(domain));
      double mean = excess.values().stream().mapToDouble(Double::doubleValue).average().orElse(1);
      var next =
          values(
              domain ->
                  start.get(domain) * Math.max(0.2, 1 + 0.8 * (excess.get(domain) - mean) / mean));
      double sum = next.values().stream().mapToDouble(Double::doubleValue).sum();
      next.replaceAll((domain, weight) -> 0.5 * weights.get(domain) + 0.5 * weight / sum);
      weights = next;
      if (progress > 0.2) {
        proportions.replaceAll((domain, p) -> 0.97 * p + 0.03 * weights.get(domain));
      }
      sink.accept(
          new RunEvent.Weights(
              step,
              weights,
              reference,
              new LinkedHashMap<>(proportions),
              excess,
              0.1,
              progress < 0.8,
              List.of(run.domains.getLast()),
              progress > 0.1 ? fits(step, reference) : null));
    }

    private Map<String, RunEvent.Fit> fits(int step, Map<String, Double> reference) {
      var fits = new LinkedHashMap<String, RunEvent.Fit>();
      for (String domain : run.domains) {
        double[] law = laws.get(domain);
        double now = loss(domain, step);
        double a = (now - law[2]) * Math.pow(seen.get(domain), law[1]);
        double spread = 0.05 + 0.2 * (1 - (double) step / run.steps);
        fits.put(
            domain,
            new RunEvent.Fit(
                a,
                law[1],
                null,
                law[2],
                reference.get(domain),
                reference.get(domain) - spread,
                reference.get(domain) + spread,
                Math.min(64, step / run.evaluateEvery),
                !domain.equals(run.domains.getLast())));
      }
      return fits;
    }

    private void mask(int step) {
      var modules = new LinkedHashMap<String, RunEvent.Module>();
      for (String module : MODULES) {
        double goal = GOALS.get(module);
        double sparsity = goal * expected(step);
        int rows = module.equals("head") || module.equals("intermediate") ? 12 : 1;
        var expected = new ArrayList<Double>();
        for (int row = 0; row < rows; row++) {
          double away = rows == 1 ? 0 : 0.15 * goal * Math.sin(row) * (1 - expected(step));
          expected.add(Math.clamp(sparsity + away, 0, 1));
        }
        modules.put(
            module,
            new RunEvent.Module(
                sparsity, goal * target(step), expected, keep(module, step, rows, goal)));
      }
      sink.accept(new RunEvent.Masks(step, modules));
    }

    private List<List<Double>> keep(String module, int step, int rows, double goal) {
      if (!module.equals("head") && !module.equals("layer")) {
        return null;
      }
      var order = new SplittableRandom(module.hashCode());
      double certainty = expected(step);
      var keep = new ArrayList<List<Double>>();
      for (int row = 0; row < rows; row++) {
        var units = new ArrayList<Double>();
        for (int unit = 0; unit < 12; unit++) {
          boolean goes = order.nextDouble() < goal;
          units.add(Math.clamp(goes ? 0.98 - certainty : 0.98, 0.01, 0.99));
        }
        keep.add(units);
      }
      return keep;
    }

    private Map<String, List<List<Integer>>> kept() {
      var kept = new LinkedHashMap<String, List<List<Integer>>>();
      kept.put("layer", List.of(some(12, 8)));
      kept.put("head", IntStream.range(0, 8).mapToObj(row -> some(12, 8)).toList());
      kept.put("intermediate", IntStream.range(0, 8).mapToObj(row -> some(2048, 1408)).toList());
      kept.put("hidden", List.of(some(768, 512)));
      return kept;
    }

    private List<Integer> some(int of, int count) {
      var all = new ArrayList<>(IntStream.range(0, of).boxed().toList());
      while (all.size() > count) {
        all.remove(random.nextInt(all.size()));
      }
      return all;
    }
  }

  /** Writes runs of several kinds below a folder: {@code SyntheticRun FOLDER}. */
  public static void main(String[] args) throws IOException {
    Path root = Path.of(args[0]);
    new SyntheticRun(SEVEN, 3000, 50, 1).write(root.resolve("drpruning"));
    new SyntheticRun(SEVEN, 3000, 50, 2).write(root.resolve("sheared"));
    new SyntheticRun(SIXTEEN, 3000, 50, 3).write(root.resolve("sixteen"));
    new SyntheticRun(HOSTILE, 400, 20, 4).write(root.resolve("hostile"));
    new SyntheticRun(numbered(20), 50_000, 50, 5).write(root.resolve("large"));
    Path empty = Files.createDirectories(root.resolve("empty"));
    Files.writeString(empty.resolve(RunFile.METRICS), "");
    Path failed = Files.createDirectories(root.resolve("failed"));
    var run = new SyntheticRun(SEVEN, 3000, 50, 6);
    Files.writeString(
        failed.resolve(RunFile.METRICS),
        line(run.start(0))
            + line(
                new RunEvent.Done(
                    1, "failed", "loss is not finite: NaN at step 1 <b>!</b>", null, 0, 3)));
  }
}
