package io.github.drprune.train;

import io.github.drprune.config.DomainsConfig;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.SamplerState;
import io.github.drprune.data.Split;
import io.github.drprune.evaluate.EvaluationResult;
import io.github.drprune.train.Objective.Sparsity;
import io.github.drprune.weighting.DomainWeighting;
import io.github.drprune.weighting.Observation;
import io.github.drprune.weighting.WeightingOutcome;
import io.github.drprune.weighting.WeightingState;
import java.util.List;
import java.util.Optional;

/** A run's domain weights, following its losses. */
public final class DomainMix {
  private final DomainWeighting weighting;
  private final long totalSteps;
  private final int seqLen;
  private WeightingState state;

  public DomainMix(DomainsConfig config, PreparedData data, long totalSteps, long seed) {
    this.weighting = DomainWeighting.of(config, data.domains(), trainingShares(data), seed);
    this.totalSteps = totalSteps;
    this.seqLen = data.seqLen();
    this.state = weighting.start();
  }

  /** The weights that a run begins with, in the order of the data's domains. */
  public static double[] startingWeights(DomainsConfig config, PreparedData data) {
    return DomainWeighting.startingWeights(config, data.domains(), trainingShares(data));
  }

  /** Each domain's share of the training sequences. */
  private static double[] trainingShares(PreparedData data) {
    double[] counts =
        data.all(Split.TRAIN).stream().mapToDouble(sequences -> sequences.count()).toArray();
    double total = 0;
    for (double count : counts) {
      total += count;
    }
    for (int i = 0; i < counts.length; i++) {
      counts[i] /= total;
    }
    return counts;
  }

  /** In the order of the data's domains. */
  public double[] weights() {
    return state.weights().stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** Takes in a step's losses, NaN for absent domains. */
  void observeTraining(double[] losses) {
    state = weighting.observeTraining(state, losses);
  }

  /** Sets the weights after an evaluation. */
  WeightingOutcome update(
      long step, SamplerState sampler, EvaluationResult evaluation, Optional<Sparsity> sparsity) {
    var outcome =
        weighting.update(
            state,
            new Observation(
                step,
                totalSteps,
                tokens(sampler.drawn()),
                evaluation.losses(),
                sparsity.map(Sparsity::expected).orElse(Double.NaN),
                sparsity.map(Sparsity::finalTarget).orElse(Double.NaN)));
    state = outcome.state();
    return outcome;
  }

  private long[] tokens(List<Long> sequences) {
    return sequences.stream().mapToLong(count -> count * seqLen).toArray();
  }

  WeightingState state() {
    return state;
  }

  void restore(WeightingState saved) {
    state = saved;
  }
}
