package io.github.drprune.cli;

import io.github.drprune.model.ModelSummary;
import io.github.drprune.run.RunEvent;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Says what a run does: a progress bar on a terminal, a line now and then elsewhere. */
final class RunProgress implements Consumer<RunEvent>, AutoCloseable {
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);

  private final PrintWriter err;
  private final boolean terminal = System.console() != null && System.console().isTerminal();
  private long lastLine = System.nanoTime();
  private ProgressBar bar;
  private long steps;
  private long firstStep = -1;
  private long firstStepAt;
  private RunEvent.Evaluation evaluation;
  private RunEvent.Evaluation firstEvaluation;

  RunProgress(PrintWriter err) {
    this.err = err;
  }

  /** The last evaluation, or null. */
  RunEvent.Evaluation evaluation() {
    return evaluation;
  }

  @Override
  public void accept(RunEvent event) {
    switch (event) {
      case RunEvent.Start start -> started(start);
      case RunEvent.Train train -> trained(train);
      case RunEvent.Evaluation evaluated -> evaluated(evaluated);
      case RunEvent.Weights weights -> line("  weights  " + figures(weights.weights(), "%.3f"));
      case RunEvent.Masks masks -> line("  sparsity " + masks(masks));
      case RunEvent.Cut cut -> line("cut to " + shape(cut.result()));
      case RunEvent.Warning warning ->
          line("warning at step %d: %s".formatted(warning.step(), warning.message()));
      case RunEvent.Done done -> {
        closeBar();
        line(
            String.format(
                Locale.ROOT,
                "%s after step %d, %s tokens, %s",
                done.status(),
                done.step(),
                Console.count(done.tokens()),
                time(done.seconds())));
      }
    }
  }

  private void started(RunEvent.Start start) {
    steps = start.steps();
    line(
        "%s %s: %s%s"
            .formatted(
                start.step() == 0 ? "beginning" : "continuing after step " + start.step() + " to",
                start.command(),
                shape(start.source()),
                start.target() == null ? "" : ", towards " + shape(start.target())));
    line(
        "%d steps of %s tokens, domains %s"
            .formatted(
                steps, Console.count(start.tokensPerStep()), String.join(", ", start.domains())));
  }

  private void trained(RunEvent.Train train) {
    if (firstStep < 0) {
      firstStep = train.step();
      firstStepAt = System.nanoTime();
    }
    String sparsity =
        train.expectedSparsity() == null
            ? ""
            : String.format(
                Locale.ROOT,
                "  sparsity %.3f of %.3f",
                train.expectedSparsity(),
                train.targetSparsity());
    String figures = String.format(Locale.ROOT, "loss %.4f%s", train.loss(), sparsity);
    if (terminal) {
      if (bar == null) {
        bar =
            new ProgressBarBuilder()
                .setTaskName("steps")
                .setInitialMax(steps)
                .setStyle(ProgressBarStyle.ASCII)
                .startsFrom(train.step() - 1, Duration.ZERO)
                .build();
      }
      bar.stepTo(train.step());
      bar.setExtraMessage(figures);
    } else if (System.nanoTime() - lastLine >= BETWEEN_LINES.toNanos()) {
      line(
          String.format(
              Locale.ROOT,
              "step %d/%d  %s  lr %.2e  norm %.2f  %,.0f tokens/s%s",
              train.step(),
              steps,
              figures,
              train.learningRate(),
              train.gradientNorm(),
              train.tokensPerSecond(),
              remaining(train.step())));
    }
  }

  /** What is left, at the pace since this process began, evaluations included. */
  private String remaining(long step) {
    if (step == firstStep) {
      return "";
    }
    double pace = (System.nanoTime() - firstStepAt) / 1e9 / (step - firstStep);
    return "  " + time(pace * (steps - step)) + " left";
  }

  private void evaluated(RunEvent.Evaluation result) {
    if (firstEvaluation == null) {
      firstEvaluation = result;
    }
    evaluation = result;
    var losses =
        result.domains().entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey,
                    entry -> entry.getValue().loss(),
                    (a, b) -> a,
                    LinkedHashMap::new));
    line(
        String.format(
            Locale.ROOT,
            "evaluation at step %d: mean loss %.4f (perplexity %.2f), worst %s",
            result.step(),
            result.meanLoss(),
            Math.exp(result.meanLoss()),
            result.worstDomain()));
    line("  losses   " + figures(losses, "%.3f"));
  }

  private static String masks(RunEvent.Masks masks) {
    return masks.modules().entrySet().stream()
        .map(
            entry -> {
              RunEvent.Module module = entry.getValue();
              String target =
                  module.target() == null
                      ? ""
                      : String.format(Locale.ROOT, " of %.3f", module.target());
              double spread =
                  module.rows().stream().max(Comparator.naturalOrder()).orElseThrow()
                      - module.rows().stream().min(Comparator.naturalOrder()).orElseThrow();
              String uneven =
                  module.rows().size() > 1
                      ? String.format(Locale.ROOT, " (+-%.3f)", spread / 2)
                      : "";
              return String.format(Locale.ROOT, "%s %.3f", entry.getKey(), module.expected())
                  + target
                  + uneven;
            })
        .collect(Collectors.joining("  "));
  }

  private static String figures(Map<String, Double> values, String format) {
    return values.entrySet().stream()
        .map(entry -> entry.getKey() + " " + String.format(Locale.ROOT, format, entry.getValue()))
        .collect(Collectors.joining("  "));
  }

  static String shape(ModelSummary model) {
    return "%s, %s parameters (hidden %d, %d layers, %d heads, %d key/value heads, intermediate %d)"
        .formatted(
            model.family(),
            Console.count(model.parameters()),
            model.hiddenSize(),
            model.layers(),
            model.heads(),
            model.kvHeads(),
            model.intermediateSize());
  }

  static String time(double seconds) {
    long whole = Math.round(seconds);
    if (whole < 60) {
      return whole + " s";
    }
    return whole < 3600
        ? "%d min %02d s".formatted(whole / 60, whole % 60)
        : "%d h %02d min".formatted(whole / 3600, whole / 60 % 60);
  }

  private void line(String text) {
    lastLine = System.nanoTime();
    err.println(text);
    err.flush();
  }

  private void closeBar() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }

  @Override
  public void close() {
    closeBar();
  }
}
