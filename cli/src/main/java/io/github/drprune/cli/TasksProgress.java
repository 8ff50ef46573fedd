package io.github.drprune.cli;

import io.github.drprune.error.Printable;
import io.github.drprune.tasks.TaskComparison;
import io.github.drprune.tasks.TaskEvaluations;
import io.github.drprune.tasks.TaskEvaluations.Figures;
import io.github.drprune.tasks.TaskResult;
import io.github.drprune.tasks.scoring.TaskListener;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A table for each model; a progress bar for each task on a terminal, lines elsewhere. */
final class TasksProgress implements TaskListener, AutoCloseable {
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);

  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean terminal = System.console() != null && System.console().isTerminal();
  private String task;
  private int questions;
  private int answered;
  private long lastLine = System.nanoTime();
  private ProgressBar bar;

  TasksProgress(PrintWriter out, PrintWriter err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public void withoutRightAnswer(String name, List<Integer> numbers) {
    err.println(
        "%s: %,d document(s), the first number %d, expect an answer that is none of their choices; each counts as wrong"
            .formatted(Printable.escaped(name), numbers.size(), numbers.getFirst()));
    err.flush();
  }

  @Override
  public void withoutChoices(List<String> domains) {
    Console.warnings(err)
        .accept(
            "no continuations of %s are asked for: a domain needs two sequences of text that no run looks at"
                .formatted(Printable.escaped(String.join(", ", domains))));
  }

  @Override
  public void begins(String model, String name, int all, int there) {
    close();
    task = Printable.escaped(name);
    questions = all;
    answered = there;
    if (there > 0) {
      err.println("%s: %,d of %,d answers are there from before".formatted(task, there, all));
      err.flush();
    }
    if (terminal) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(task)
              .setInitialMax(all)
              .setStyle(ProgressBarStyle.ASCII)
              .startsFrom(there, Duration.ZERO)
              .build();
    }
  }

  @Override
  public void answered(int more) {
    answered = Math.min(questions, answered + more);
    if (bar != null) {
      bar.stepTo(answered);
    } else if (System.nanoTime() - lastLine >= BETWEEN_LINES.toNanos()) {
      lastLine = System.nanoTime();
      err.println("%s: %,d of %,d questions".formatted(task, answered, questions));
      err.flush();
    }
  }

  @Override
  public void finished(TaskEvaluations.Model model) {
    close();
    List<List<String>> rows = new ArrayList<>();
    Stream.of(model.tasks(), model.groups())
        .flatMap(figures -> figures.entrySet().stream())
        .forEach(entry -> addRows(entry.getKey(), entry.getValue(), rows));
    out.println(Printable.escaped(model.model()));
    Console.table(List.of("task", "shots", "documents", "metric", "value", "+-"), rows)
        .forEach(out::println);
    out.println();
    out.flush();
  }

  /** Several models, each with its difference from the first. */
  void compare(TaskComparison comparison) {
    List<String> titles = new ArrayList<>(List.of("task", "metric"));
    comparison.models().forEach(model -> titles.add(Printable.escaped(model)));
    List<List<String>> rows = new ArrayList<>();
    for (TaskComparison.Row row : comparison.rows()) {
      List<String> cells = new ArrayList<>(List.of(row.task(), row.metric()));
      row.cells().forEach(cell -> cells.add(cell(cell)));
      rows.add(cells);
    }
    Console.table(titles, rows).forEach(out::println);
    out.flush();
  }

  private static String cell(TaskComparison.Cell cell) {
    if (cell.value() == null || cell.difference() == null) {
      return cell.value() == null ? "" : figure(cell.value());
    }
    String error = cell.differenceError() == null ? "" : " +- " + figure(cell.differenceError());
    return String.format(Locale.ROOT, "%.4f (%+.4f%s)", cell.value(), cell.difference(), error);
  }

  private static void addRows(String name, Figures figures, List<List<String>> rows) {
    for (Map.Entry<String, Double> metric : figures.metrics().entrySet()) {
      if (!TaskResult.isError(metric.getKey())) {
        Double error = figures.metrics().get(TaskResult.errorOf(metric.getKey()));
        rows.add(
            List.of(
                name,
                figures.shots() == null ? "" : figures.shots().toString(),
                Console.count(figures.documents()),
                metric.getKey(),
                figure(metric.getValue()),
                error == null ? "" : figure(error)));
      }
    }
  }

  private static String figure(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
