package io.github.drprune.tasks;

import io.github.drprune.tasks.file.TaskGroup;
import io.github.drprune.tasks.file.TaskGroup.Mean;
import io.github.drprune.tasks.metric.FilterChain;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeSet;

/**
 * What a model reached in a task or a group.
 *
 * @param documents asked about
 * @param byFilter the metrics by what filtered the answers, with standard errors as {@code
 *     name_stderr}
 */
public record TaskResult(
    String name, int documents, SequencedMap<String, SequencedMap<String, Double>> byFilter) {
  private static final String ERROR = "_stderr";

  /** Where the standard error of {@code metric} stands, which may name a filter. */
  public static String errorOf(String metric) {
    int comma = metric.indexOf(',');
    return comma < 0
        ? metric + ERROR
        : metric.substring(0, comma) + ERROR + metric.substring(comma);
  }

  /** Whether a metric's name is that of a standard error. */
  public static boolean isError(String metric) {
    return metric.endsWith(ERROR) || metric.contains(ERROR + ",");
  }

  /**
   * All metrics. Those of the first filter have their plain names; those of filters with a name
   * stand as {@code metric,filter} too, as the harness calls them.
   */
  public SequencedMap<String, Double> metrics() {
    SequencedMap<String, Double> all = new LinkedHashMap<>();
    if (!byFilter.isEmpty()) {
      all.putAll(byFilter.firstEntry().getValue());
    }
    byFilter.forEach(
        (filter, metrics) -> {
          if (!filter.equals(FilterChain.NONE)) {
            metrics.forEach((metric, value) -> all.put(metric + "," + filter, value));
          }
        });
    return all;
  }

  /**
   * The means of a group.
   *
   * @param results of its tasks at least, by name
   */
  public static TaskResult of(TaskGroup group, Map<String, TaskResult> results) {
    List<TaskResult> tasks = group.tasks().stream().map(results::get).toList();
    SequencedMap<String, SequencedMap<String, Double>> byFilter = new LinkedHashMap<>();
    for (Mean mean : group.means()) {
      for (String filter : mean.filters().orElseGet(() -> filters(mean.metric(), tasks))) {
        add(mean, filter, tasks, byFilter);
      }
    }
    int documents = tasks.stream().mapToInt(TaskResult::documents).sum();
    return new TaskResult(group.name(), documents, byFilter);
  }

  private static List<String> filters(String metric, List<TaskResult> tasks) {
    var filters = new TreeSet<String>();
    for (TaskResult task : tasks) {
      task.byFilter.forEach(
          (filter, metrics) -> {
            if (metrics.containsKey(metric)) {
              filters.add(filter);
            }
          });
    }
    return List.copyOf(filters);
  }

  private static void add(
      Mean mean,
      String filter,
      List<TaskResult> tasks,
      SequencedMap<String, SequencedMap<String, Double>> byFilter) {
    List<Double> values = new ArrayList<>();
    List<Double> errors = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    for (TaskResult task : tasks) {
      Map<String, Double> metrics = task.byFilter.getOrDefault(filter, new LinkedHashMap<>());
      Double value = metrics.get(mean.metric());
      if (value != null) {
        values.add(value);
        sizes.add(task.documents);
        Double error = metrics.get(errorOf(mean.metric()));
        if (error != null) {
          errors.add(error);
        }
      }
    }
    if (values.isEmpty()) {
      return;
    }
    var metrics = byFilter.computeIfAbsent(filter, _ -> new LinkedHashMap<>());
    metrics.put(mean.metric(), mean(values, sizes, mean.bySize()));
    if (errors.size() == values.size()) {
      double error = mean.bySize() ? pooled(errors, sizes) : unweighted(errors);
      metrics.put(errorOf(mean.metric()), error);
    }
  }

  private static double mean(List<Double> values, List<Integer> sizes, boolean bySize) {
    double sum = 0;
    double weights = 0;
    for (int i = 0; i < values.size(); i++) {
      double weight = bySize ? sizes.get(i) : 1;
      sum += values.get(i) * weight;
      weights += weight;
    }
    return sum / weights;
  }

  /** The standard error of the mean of all documents, from the pooled variance of the tasks. */
  private static double pooled(List<Double> errors, List<Integer> sizes) {
    double squares = 0;
    long all = 0;
    for (int i = 0; i < sizes.size(); i++) {
      int size = sizes.get(i);
      squares += (size - 1.0) * errors.get(i) * errors.get(i) * size;
      all += size;
    }
    return Math.sqrt(squares / (all - sizes.size()) / all);
  }

  private static double unweighted(List<Double> errors) {
    double squares = errors.stream().mapToDouble(error -> error * error).sum();
    return Math.sqrt(squares) / errors.size();
  }
}
