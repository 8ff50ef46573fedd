package io.github.drprune.train;

import io.github.drprune.data.Batch;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.nn.LossKernel.TokenLoss;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** The cross entropies of a step's tokens by domain, and their divergence from a teacher. */
final class DomainLosses {
  private final List<String> domains;
  private final double[] sums;
  private final double[] rows; // that the tokens that count would fill
  private double divergence;

  DomainLosses(List<String> domains) {
    this.domains = domains;
    this.sums = new double[domains.size()];
    this.rows = new double[domains.size()];
  }

  /**
   * Takes in a micro-batch.
   *
   * @param micro its rows, of which every one counts for the tokens that are predicted in it
   */
  void add(Batch micro, TokenLoss loss) {
    double[] perRow = Tensors.doubles(Ops.sum(loss.perToken(), 1));
    double most = micro.seqLen() - 1;
    for (int row = 0; row < perRow.length; row++) {
      int domain = micro.domains()[row];
      sums[domain] += perRow[row] / most;
      rows[domain] += micro.predicted(row) / most;
    }
    if (loss.divergence() != null) {
      divergence += loss.divergence().sum().item_double() / most;
    }
  }

  /** Takes in what the other processes have. */
  void sum(ProcessGroup processes) {
    int count = sums.length;
    double[] all = new double[2 * count + 1];
    System.arraycopy(sums, 0, all, 0, count);
    System.arraycopy(rows, 0, all, count, count);
    all[2 * count] = divergence;
    double[] total = processes.sums(all);
    System.arraycopy(total, 0, sums, 0, count);
    System.arraycopy(total, count, rows, 0, count);
    divergence = total[2 * count];
  }

  /** Whether all losses are finite so far. */
  boolean areFinite() {
    return Double.isFinite(total(sums));
  }

  /** Mean over all tokens that count, NaN where there are none. */
  double mean() {
    return total(sums) / total(rows);
  }

  /** Mean divergence from the teacher over all tokens that count; zero without a teacher. */
  double meanDivergence() {
    return divergence / total(rows);
  }

  private static double total(double[] values) {
    double total = 0;
    for (double value : values) {
      total += value;
    }
    return total;
  }

  /** Mean over each domain's tokens, NaN for a domain without any. */
  double[] means() {
    double[] means = new double[sums.length];
    for (int i = 0; i < sums.length; i++) {
      means[i] = rows[i] == 0 ? Double.NaN : sums[i] / rows[i];
    }
    return means;
  }

  /** The mean of each domain that has tokens. */
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
