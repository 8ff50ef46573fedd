package io.github.drprune.config;

import io.github.drprune.config.binding.Key;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is pruned towards: sizes (those not given stay as in the source), a number of parameters, or
 * a share of the parameters to remove; one of the three.
 */
public record TargetConfig(
    @Key(doc = "Hidden units.", min = 1) Optional<Integer> hiddenSize,
    @Key(doc = "Layers.", min = 1) Optional<Integer> layers,
    @Key(doc = "Query heads of each layer.", min = 1) Optional<Integer> heads,
    @Key(doc = "Key/value heads of each layer.", min = 1) Optional<Integer> kvHeads,
    @Key(doc = "Intermediate units of each layer's MLP.", min = 1)
        Optional<Integer> intermediateSize,
    @Key(doc = "Parameters of the result, instead of sizes.", min = 1) Optional<Long> parameters,
    @Key(
            doc = "Share of the prunable parameters to remove, instead of sizes.",
            above = 0,
            below = 1)
        Optional<Double> sparsity) {
  public TargetConfig {
    boolean sizes =
        Stream.of(hiddenSize, layers, heads, kvHeads, intermediateSize)
            .anyMatch(Optional::isPresent);
    long ways =
        Stream.of(sizes, parameters.isPresent(), sparsity.isPresent()).filter(way -> way).count();
    if (ways != 1) {
      throw new IllegalArgumentException(
          "hidden_size: a target needs one of the three: sizes (hidden_size, layers, heads,"
              + " kv_heads, intermediate_size), parameters, or sparsity; found "
              + (ways == 0 ? "none" : "several"));
    }
  }
}
