package io.github.drprune.report;

import io.github.drprune.run.RunEvent;
import java.util.List;
import java.util.Map;

/** Where each domain stands, from the first and last evaluation and the weights in force. */
final class DomainTable {
  private DomainTable() {}

  static List<RunView.DomainRow> of(RunHistory run) {
    return run.domains().stream().map(domain -> row(run, domain)).toList();
  }

  private static RunView.DomainRow row(RunHistory run, String domain) {
    var before = result(run.before(), domain);
    var now = result(run.now(), domain);
    var weights = run.lastWeights();
    var first = run.firstWeights();
    boolean limited =
        weights != null && weights.limited() != null && weights.limited().contains(domain);
    return new RunView.DomainRow(
        domain,
        before == null ? null : finite(before.loss()),
        now == null ? null : finite(now.loss()),
        before == null ? null : finite(before.perplexity()),
        now == null ? null : finite(now.perplexity()),
        weights == null ? null : value(weights.referenceLoss(), domain),
        weights == null ? null : value(weights.excess(), domain),
        weights == null ? null : value(weights.weights(), domain),
        weights == null ? null : value(weights.referenceProportion(), domain),
        first == null ? null : value(first.referenceProportion(), domain),
        run.now() == null ? null : value(run.now().epochs(), domain),
        limited);
  }

  private static RunEvent.DomainEvaluation result(RunEvent.Evaluation evaluation, String domain) {
    return evaluation == null || evaluation.domains() == null
        ? null
        : evaluation.domains().get(domain);
  }

  private static Double value(Map<String, Double> values, String key) {
    Double value = values == null ? null : values.get(key);
    return value == null ? null : finite(value);
  }

  private static Double finite(double value) {
    return Double.isFinite(value) ? Figures.rounded(value) : null;
  }
}
