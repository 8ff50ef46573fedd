package io.github.drprune.tasks;

import io.github.drprune.tasks.metric.Aggregation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SequencedMap;

/** How a task asks about a document, and what it makes of the answers. */
sealed interface Asking
    permits ChoiceAsking, LikelihoodAsking, WholeTextAsking, GeneratedAsking, SquadAsking {
  /**
   * What the model is asked about {@code document}.
   *
   * @param prompts one, or one for each choice
   */
  List<Request> requests(Map<String, Object> document, List<String> prompts);

  /** The numbers of each metric for a document. */
  SequencedMap<String, double[]> metrics(Map<String, Object> document, List<Response> responses);

  /**
   * The metrics of all documents, with standard errors as {@code name_stderr}.
   *
   * @param documents the numbers of each metric, a row a document
   * @param draws of a bootstrap, where an error needs one
   */
  default SequencedMap<String, Double> summary(
      SequencedMap<String, List<double[]>> documents, int draws) {
    SequencedMap<String, Double> summary = new LinkedHashMap<>();
    documents.forEach(
        (name, rows) -> {
          double[][] items = rows.toArray(double[][]::new);
          Aggregation aggregation = aggregation(name);
          summary.put(name, aggregation.of(items));
          OptionalDouble error = aggregation.standardError(items, draws);
          error.ifPresent(value -> summary.put(name + "_stderr", value));
        });
    return summary;
  }

  /** Whether any answer to {@code document} would be right. */
  default boolean hasRightAnswer(Map<String, Object> document) {
    return true;
  }

  /** How the metric is made one number. */
  Aggregation aggregation(String metric);
}
