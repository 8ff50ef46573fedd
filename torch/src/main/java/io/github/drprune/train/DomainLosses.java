package io.github.drprune.train;

import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.nn.LossKernel.TokenLoss;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** The losses of a step's rows, which are all equally long, by domain. */
final class DomainLosses {
  private final List<String> domains;
  private final double[] sums;
  private final int[] rows;

  DomainLosses(List<String> domains) {
    this.domains = domains;
    this.sums = new double[domains.size()];
    this.rows = new int[domains.size()];
  }

  /**
   * Takes in a micro-batch.
   *
   * @param rowDomains the domain of each of its rows
   */
  void add(int[] rowDomains, TokenLoss loss) {
    double[] perRow = Tensors.doubles(Ops.sum(loss.perToken(), 1));
    long predicted = loss.perToken().size(1);
    for (int row = 0; row < perRow.length; row++) {
      sums[rowDomains[row]] += perRow[row] / predicted;
      rows[rowDomains[row]]++;
    }
  }

  /** Mean over all rows. */
  double mean() {
    double sum = 0;
    int count = 0;
    for (int i = 0; i < sums.length; i++) {
      sum += sums[i];
      count += rows[i];
    }
    return sum / count;
  }

  /** Mean over each domain's rows, NaN for a domain without any. */
  double[] means() {
    double[] means = new double[sums.length];
    for (int i = 0; i < sums.length; i++) {
      means[i] = rows[i] == 0 ? Double.NaN : sums[i] / rows[i];
    }
    return means;
  }

  /** The mean of each domain that has rows. */
  SequencedMap<String, Double> byDomain() {
    SequencedMap<String, Double> means = new LinkedHashMap<>();
    for (int i = 0; i < sums.length; i++) {
      if (rows[i] > 0) {
        means.put(domains.get(i), sums[i] / rows[i]);
      }
    }
    return means;
  }
}
