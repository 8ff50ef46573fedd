package io.github.drprune.model;

import java.util.Optional;

/**
 * A model's shape as run events and reports show it.
 *
 * @param blockParameters of the matrices in its blocks, each of which multiplies once for a token;
 *     null in logs of older versions
 */
public record ModelSummary(
    String family,
    int hiddenSize,
    int layers,
    int heads,
    int kvHeads,
    int intermediateSize,
    long parameters,
    Long blockParameters) {
  public static ModelSummary of(ModelSpec spec) {
    return new ModelSummary(
        spec.family().modelType(),
        spec.hiddenSize(),
        spec.layers(),
        spec.heads(),
        spec.kvHeads(),
        spec.intermediateSize(),
        spec.parameters(),
        spec.blockParameters());
  }

  /** How many times less {@code result} computes in its blocks, where that is known. */
  public Optional<Double> speedUp(ModelSummary result) {
    return blockParameters == null || result.blockParameters == null
        ? Optional.empty()
        : Optional.of((double) blockParameters / result.blockParameters);
  }
}
