package io.github.drprune.tasks;

import io.github.drprune.tasks.metric.Aggregation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Supplier;

/** The metrics of a task, and those of a document as they come. */
record Metrics(List<TaskMetric> all) {
  Aggregation aggregation(String metric) {
    return all.stream()
        .filter(candidate -> candidate.name().equals(metric))
        .findFirst()
        .map(TaskMetric::aggregation)
        .orElse(Aggregation.MEAN);
  }

  boolean has(String metric) {
    return all.stream().anyMatch(candidate -> candidate.name().equals(metric));
  }

  /** Gathers a document's numbers, of the metrics that the task has. */
  final class OfDocument {
    private final SequencedMap<String, double[]> numbers = new LinkedHashMap<>();

    OfDocument put(String metric, Supplier<double[]> value) {
      if (has(metric)) {
        numbers.put(metric, value.get());
      }
      return this;
    }

    OfDocument put(String metric, boolean right) {
      return put(metric, () -> new double[] {right ? 1 : 0});
    }

    SequencedMap<String, double[]> numbers() {
      return numbers;
    }
  }

  OfDocument ofDocument() {
    return new OfDocument();
  }
}
