package io.github.drprune.weighting;

import java.util.Collections;
import java.util.List;

/**
 * All that a {@link DomainWeighting} remembers; its JSON restores it exactly. Lists are by domain
 * in the order of {@code domains}.
 *
 * @param updates evaluations taken in so far
 * @param step of the last of them
 * @param weights the weights in force
 * @param proportion the reference proportion in force
 * @param references reference losses in force
 * @param averages of the training losses
 * @param points losses on record, oldest first
 * @param dominant the domain above the alarm's share, or -1
 * @param dominantFor for how many evaluations in a row
 */
public record WeightingState(
    List<String> domains,
    long updates,
    long step,
    List<Double> weights,
    List<Double> proportion,
    List<Reference> references,
    List<Average> averages,
    List<Point> points,
    int dominant,
    int dominantFor) {
  /**
   * A reference loss.
   *
   * @param loss null while there is none
   * @param fitted whether it comes from a fitted curve, so that it only falls from now on
   */
  public record Reference(Double loss, boolean fitted) {}

  /**
   * An exponential average.
   *
   * @param loss 0 before any batch
   * @param batches how many had the domain
   */
  public record Average(double loss, long batches) {}

  /**
   * Losses on record for the scaling laws.
   *
   * @param sparsity null where nothing was pruned
   * @param losses null for a domain that has none
   */
  public record Point(Double sparsity, List<Long> tokens, List<Double> losses) {
    public Point {
      tokens = List.copyOf(tokens);
      losses = Collections.unmodifiableList(losses);
    }
  }

  public WeightingState {
    domains = List.copyOf(domains);
    weights = List.copyOf(weights);
    proportion = List.copyOf(proportion);
    references = List.copyOf(references);
    averages = List.copyOf(averages);
    points = List.copyOf(points);
    int n = domains.size();
    if (weights.size() != n
        || proportion.size() != n
        || references.size() != n
        || averages.size() != n
        || points.stream().anyMatch(p -> p.tokens().size() != n || p.losses().size() != n)) {
      throw new IllegalArgumentException(
          "a weighting state of %d domains has lists of other lengths".formatted(n));
    }
  }

  WeightingState withAverages(List<Average> next) {
    return new WeightingState(
        domains,
        updates,
        step,
        weights,
        proportion,
        references,
        next,
        points,
        dominant,
        dominantFor);
  }
}
