package io.github.drprune.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Runs side by side: the last held-out loss of every domain, and how far each run is from the
 * first.
 *
 * @param runs the runs' names; the first is what the others are compared with
 */
public record Comparison(List<String> runs, List<Row> rows) {
  /**
   * One domain, or "mean" and "worst" over the domains that all runs have.
   *
   * @param loss of each run; null where unknown
   * @param difference from the first run; null where unknown
   */
  public record Row(String name, boolean overall, List<Double> loss, List<Double> difference) {
    static Row of(String name, boolean overall, List<Double> loss) {
      Double first = loss.getFirst();
      var difference = new ArrayList<Double>();
      for (Double value : loss) {
        difference.add(value == null || first == null ? null : Figures.rounded(value - first));
      }
      return new Row(name, overall, loss, difference);
    }
  }

  static Comparison of(List<RunView> runs) {
    var domains = new LinkedHashSet<String>();
    runs.forEach(run -> domains.addAll(run.domains()));
    var rows = new ArrayList<Row>();
    for (String domain : domains) {
      var losses = new ArrayList<Double>();
      runs.forEach(run -> losses.add(loss(run, domain)));
      rows.add(Row.of(domain, false, losses));
    }
    var shared = rows.stream().filter(row -> !row.loss.contains(null)).toList();
    if (!shared.isEmpty()) {
      var mean = new ArrayList<Double>();
      var worst = new ArrayList<Double>();
      for (int i = 0; i < runs.size(); i++) {
        int run = i;
        var losses = shared.stream().mapToDouble(row -> row.loss.get(run)).summaryStatistics();
        mean.add(Figures.rounded(losses.getAverage()));
        worst.add(losses.getMax());
      }
      rows.add(0, Row.of("mean", true, mean));
      rows.add(1, Row.of("worst", true, worst));
    }
    return new Comparison(runs.stream().map(RunView::name).toList(), rows);
  }

  private static Double loss(RunView run, String domain) {
    return run.table().stream()
        .filter(row -> row.domain().equals(domain))
        .map(RunView.DomainRow::lossNow)
        .filter(java.util.Objects::nonNull)
        .findFirst()
        .orElse(null);
  }
}
