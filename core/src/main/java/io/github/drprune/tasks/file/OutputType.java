package io.github.drprune.tasks.file;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What a task asks of a model, with the metrics that it has without a {@code metric_list}. */
public enum OutputType {
  /** Which of several texts is the likeliest. */
  MULTIPLE_CHOICE("acc", "acc_norm"),
  /** How likely a text is after another. */
  LOGLIKELIHOOD("perplexity", "acc"),
  /** How likely a text is. */
  LOGLIKELIHOOD_ROLLING("word_perplexity", "byte_perplexity", "bits_per_byte"),
  /** How a text goes on. */
  GENERATE_UNTIL("exact_match");

  private final List<String> metrics;

  OutputType(String... metrics) {
    this.metrics = List.of(metrics);
  }

  public List<String> defaultMetrics() {
    return metrics;
  }

  static OutputType of(Keys keys) {
    String name = keys.text("output_type").orElse(GENERATE_UNTIL.toString());
    return Arrays.stream(values())
        .filter(type -> type.toString().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                keys.wrong(
                    "output_type",
                    "must be one of " + Arrays.toString(values()),
                    "'" + name + "'"));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
