package io.github.drprune.latency;

import io.github.drprune.bench.Operations;
import io.github.drprune.latency.LatencyReport.Case;
import io.github.drprune.latency.LatencyReport.Speed;
import io.github.drprune.model.ModelSummary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/**
 * Runs models in turn, so that a busy machine slows all alike, and reports medians. The first is
 * what the others are compared with.
 */
public final class Latency {
  private final LatencyOptions options;
  private final Consumer<String> progress;

  /**
   * @param progress takes a line about each round
   */
  public Latency(LatencyOptions options, Consumer<String> progress) {
    this.options = options;
    this.progress = progress;
  }

  /** Measures the models, which have names. */
  public LatencyReport measure(SequencedMap<String, Engine> engines) throws IOException {
    engines.values().forEach(engine -> engine.require(options));
    List<Case> cases = new ArrayList<>();
    for (int batch : options.batches()) {
      for (int context : options.contexts()) {
        cases.add(measure(engines, batch, context));
      }
    }
    List<LatencyReport.Model> models = new ArrayList<>();
    for (var named : engines.entrySet()) {
      Engine engine = named.getValue();
      models.add(
          new LatencyReport.Model(
              named.getKey(), ModelSummary.of(engine.spec()), engine.fileBytes()));
    }
    return new LatencyReport(models, options.generated(), cases);
  }

  private Case measure(SequencedMap<String, Engine> engines, int batch, int context)
      throws IOException {
    List<Engine> order = List.copyOf(engines.values());
    var rounds = new Engine.Timing[order.size()][options.rounds()];
    long[] memory = new long[order.size()];
    for (int i = 0; i < order.size(); i++) {
      memory[i] = order.get(i).memoryBytes(batch, context, options.generated());
    }
    for (int round = -1; round < options.rounds(); round++) {
      for (int i = 0; i < order.size(); i++) {
        var timing = order.get(i).run(batch, context, options.generated());
        if (round >= 0) {
          rounds[i][round] = timing;
        }
      }
      progress.accept(
          "batch %d, context %d: %s"
              .formatted(batch, context, round < 0 ? "warm-up" : "round " + (round + 1)));
    }
    List<Speed> speeds = new ArrayList<>();
    double firstOperations = new Operations(order.getFirst().spec()).prompt(context);
    for (int i = 0; i < order.size(); i++) {
      double prompt = median(rounds[i], Engine.Timing::promptSeconds);
      double generated = median(rounds[i], Engine.Timing::generatedSeconds);
      double operations = new Operations(order.get(i).spec()).prompt(context);
      double firstPrompt = i == 0 ? prompt : batch * context / speeds.getFirst().promptRate();
      speeds.add(
          new Speed(
              batch * context / prompt,
              (double) batch * options.generated() / generated,
              memory[i],
              batch * operations,
              firstPrompt / prompt,
              firstOperations / operations));
    }
    return new Case(batch, context, speeds);
  }

  private static double median(Engine.Timing[] rounds, ToDoubleFunction<Engine.Timing> seconds) {
    double[] sorted = Arrays.stream(rounds).mapToDouble(seconds).sorted().toArray();
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }
}
