package io.github.drprune.tasks;

import io.github.drprune.tasks.TaskEvaluations.Figures;
import io.github.drprune.tasks.TaskEvaluations.Model;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.Set;
import java.util.function.Function;

/**
 * What models reached in tasks, side by side.
 *
 * @param models names; the first is what the others are compared with
 */
public record TaskComparison(List<String> models, List<Row> rows) {
  private static final Set<String> LOWER_IS_BETTER =
      Set.of("perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte", "brier_score");

  /**
   * A metric of a task or group.
   *
   * @param group whether it is a mean over tasks
   * @param cells of each model
   */
  public record Row(
      String task, String metric, boolean group, boolean lowerIsBetter, List<Cell> cells) {}

  /**
   * What a model reached.
   *
   * @param value null where it was not asked
   * @param error standard error of the value; null where there is none
   * @param difference from the first model; null for the first, and where that one was asked about
   *     other documents or with other shots
   * @param differenceError standard error of the difference as if the errors of both models were
   *     independent. They were asked the same questions, so that it is rather smaller in truth
   */
  public record Cell(Double value, Double error, Double difference, Double differenceError) {
    private static Cell of(Figures figures, Figures first, String metric) {
      Double value = metric(figures, metric);
      Double error = metric(figures, TaskResult.errorOf(metric));
      Double before = metric(first, metric);
      if (value == null || before == null || figures == first || !askedAlike(figures, first)) {
        return new Cell(value, error, null, null);
      }
      Double errorBefore = metric(first, TaskResult.errorOf(metric));
      Double both = error == null || errorBefore == null ? null : Math.hypot(error, errorBefore);
      return new Cell(value, error, value - before, both);
    }

    private static boolean askedAlike(Figures a, Figures b) {
      return a.documents() == b.documents() && Objects.equals(a.shots(), b.shots());
    }

    private static Double metric(Figures figures, String metric) {
      return figures == null ? null : figures.metrics().get(metric);
    }
  }

  /** Compares all {@code models} with the first of them. */
  public static TaskComparison of(List<Model> models) {
    List<Row> rows = new ArrayList<>();
    rows.addAll(rows(models, Model::tasks, false));
    rows.addAll(rows(models, Model::groups, true));
    return new TaskComparison(models.stream().map(Model::model).toList(), rows);
  }

  private static List<Row> rows(
      List<Model> models, Function<Model, SequencedMap<String, Figures>> part, boolean groups) {
    SequencedSet<String> tasks = new LinkedHashSet<>();
    models.forEach(model -> tasks.addAll(part.apply(model).keySet()));
    List<Row> rows = new ArrayList<>();
    for (String task : tasks) {
      List<Figures> figures = new ArrayList<>();
      models.forEach(model -> figures.add(part.apply(model).get(task)));
      SequencedSet<String> metrics = new LinkedHashSet<>();
      figures.stream().filter(Objects::nonNull).forEach(each -> metrics.addAll(shown(each)));
      for (String metric : metrics) {
        List<Cell> cells =
            figures.stream().map(each -> Cell.of(each, figures.getFirst(), metric)).toList();
        String plain = metric.replaceFirst(",.*", "");
        rows.add(new Row(task, metric, groups, LOWER_IS_BETTER.contains(plain), cells));
      }
    }
    return rows;
  }

  /** All metrics once: where filters have names, by these. */
  private static List<String> shown(Figures figures) {
    Set<String> names = figures.metrics().keySet();
    return names.stream()
        .filter(name -> !TaskResult.isError(name))
        .filter(name -> names.stream().noneMatch(other -> other.startsWith(name + ",")))
        .toList();
  }
}
