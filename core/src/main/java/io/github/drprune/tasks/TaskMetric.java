package io.github.drprune.tasks;

import io.github.drprune.json.Suggestion;
import io.github.drprune.tasks.file.Keys;
import io.github.drprune.tasks.file.OutputType;
import io.github.drprune.tasks.file.TaskConfig;
import io.github.drprune.tasks.metric.Aggregation;
import io.github.drprune.tasks.metric.ExactMatch;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A metric of a task.
 *
 * @param match how texts are compared, for the metric exact_match of generated ones
 */
record TaskMetric(String name, Aggregation aggregation, ExactMatch match) {
  private static final Map<String, Aggregation> OF_CHOICES =
      Map.of(
          "acc", Aggregation.MEAN,
          "acc_norm", Aggregation.MEAN,
          "acc_bytes", Aggregation.MEAN,
          "acc_mutual_info", Aggregation.MEAN,
          "exact_match", Aggregation.MEAN,
          "f1", Aggregation.F1,
          "mcc", Aggregation.MATTHEWS_CORRCOEF,
          "brier_score", Aggregation.BRIER_SCORE);
  private static final Map<String, Aggregation> OF_LIKELIHOODS =
      Map.of("perplexity", Aggregation.PERPLEXITY, "acc", Aggregation.MEAN);
  private static final Map<String, Aggregation> OF_WHOLE_TEXTS =
      Map.of(
          "word_perplexity", Aggregation.WEIGHTED_PERPLEXITY,
          "byte_perplexity", Aggregation.WEIGHTED_PERPLEXITY,
          "bits_per_byte", Aggregation.BITS_PER_BYTE);
  private static final Map<String, Aggregation> OF_GENERATED =
      Map.of("exact_match", Aggregation.MEAN);

  private static Map<String, Aggregation> of(OutputType type) {
    return switch (type) {
      case MULTIPLE_CHOICE -> OF_CHOICES;
      case LOGLIKELIHOOD -> OF_LIKELIHOODS;
      case LOGLIKELIHOOD_ROLLING -> OF_WHOLE_TEXTS;
      case GENERATE_UNTIL -> OF_GENERATED;
    };
  }

  /** The metrics of {@code task}. */
  static List<TaskMetric> of(TaskConfig task) {
    if (task.metrics().isEmpty()) {
      Keys none = new Keys(task.place(), Map.of());
      return task.type().defaultMetrics().stream()
          .map(name -> new TaskMetric(name, of(task.type()).get(name), ExactMatch.of(none)))
          .toList();
    }
    boolean free = task.processResults().isPresent();
    return task.metrics().stream().map(keys -> of(keys, task.type(), free)).toList();
  }

  /**
   * @param free whether a function computes the metric, so that its name may be any
   */
  private static TaskMetric of(Keys keys, OutputType type, boolean free) {
    String name = keys.requiredText("metric");
    Map<String, Aggregation> known = of(type);
    if (!free && !known.containsKey(name)) {
      throw keys.unsupported(
          "metric",
          "no metric '%s' of %s%s".formatted(name, type, Suggestion.among(name, known.keySet())));
    }
    Aggregation aggregation =
        keys.text("aggregation")
            .map(word -> aggregation(keys, word))
            .orElse(known.getOrDefault(name, Aggregation.MEAN));
    return new TaskMetric(name, aggregation, ExactMatch.of(keys));
  }

  private static Aggregation aggregation(Keys keys, String name) {
    List<String> known = Arrays.stream(Aggregation.values()).map(Aggregation::toString).toList();
    return Aggregation.named(name)
        .orElseThrow(
            () ->
                keys.unsupported(
                    "aggregation",
                    "unknown '%s'%s".formatted(name, Suggestion.among(name, known))));
  }
}
