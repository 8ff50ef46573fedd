package io.github.drprune.prune;

import io.github.drprune.error.UserException;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.SizeRule;

/**
 * The shape of the model to cut, the same in every layer.
 *
 * @param heads query heads of a layer
 * @param kvHeads key/value heads of a layer
 */
public record TargetShape(int hiddenSize, int layers, int heads, int kvHeads, int intermediateSize)
    implements PruningTarget {
  public TargetShape {
    positive("hidden size", hiddenSize);
    positive("layers", layers);
    positive("heads", heads);
    positive("key/value heads", kvHeads);
    positive("intermediate size", intermediateSize);
  }

  public static TargetShape of(ModelSpec config) {
    return new TargetShape(
        config.hiddenSize(),
        config.layers(),
        config.heads(),
        config.kvHeads(),
        config.intermediateSize());
  }

  /**
   * A shape of which only some sizes are given: null leaves the source's, and key/value heads
   * follow from the heads.
   */
  public static TargetShape of(
      ModelSpec source,
      GroupPolicy policy,
      Integer hiddenSize,
      Integer layers,
      Integer heads,
      Integer kvHeads,
      Integer intermediateSize) {
    int chosenHeads = heads == null ? source.heads() : heads;
    int impliedKvHeads =
        switch (policy) {
          case KV_GROUP -> Math.max(1, chosenHeads / source.groupSize());
          case QUERY_IN_GROUP -> source.kvHeads();
        };
    return new TargetShape(
        hiddenSize == null ? source.hiddenSize() : hiddenSize,
        layers == null ? source.layers() : layers,
        chosenHeads,
        kvHeads == null ? impliedKvHeads : kvHeads,
        intermediateSize == null ? source.intermediateSize() : intermediateSize);
  }

  /**
   * The configuration of {@code source} cut to this shape.
   *
   * @throws UserException when it cannot be cut to it
   */
  public ModelSpec cutFrom(ModelSpec source, GroupPolicy policy) {
    within("hidden size", hiddenSize, source.hiddenSize());
    within("layers", layers, source.layers());
    within("heads", heads, source.heads());
    within("key/value heads", kvHeads, source.kvHeads());
    within("intermediate size", intermediateSize, source.intermediateSize());
    switch (policy) {
      case KV_GROUP -> checkWholeGroups(source.groupSize());
      case QUERY_IN_GROUP -> checkAllGroups(source);
    }
    ModelSpec cut =
        source.resized(new ModelShape(hiddenSize, layers, heads, kvHeads, intermediateSize));
    for (String broken : cut.brokenRules(source, SizeRule.Reader.CONFIG)) {
      throw new UserException("target " + broken);
    }
    return cut;
  }

  private void checkWholeGroups(int groupSize) {
    if (heads % groupSize != 0) {
      throw new UserException(
          "target heads: %d is not a multiple of the %d query heads that share a key/value head"
              .formatted(heads, groupSize));
    }
    if (heads / groupSize != kvHeads) {
      throw new UserException(
          "target key/value heads: %d heads in groups of %d leave %d, not %d; policy kv_group removes whole groups"
              .formatted(heads, groupSize, heads / groupSize, kvHeads));
    }
  }

  private void checkAllGroups(ModelSpec source) {
    if (source.groupSize() == 1 && heads != source.heads()) {
      throw new UserException(
          "policy query_in_group: the model's heads share no key/value heads; use kv_group");
    }
    if (kvHeads != source.kvHeads()) {
      throw new UserException(
          "target key/value heads: policy query_in_group keeps all %d, not %d"
              .formatted(source.kvHeads(), kvHeads));
    }
    if (heads % kvHeads != 0) {
      throw new UserException(
          "target heads: %d is not a multiple of the %d key/value heads".formatted(heads, kvHeads));
    }
  }

  private static void positive(String what, int value) {
    if (value < 1) {
      throw new UserException("target %s: must be at least 1, not %d".formatted(what, value));
    }
  }

  private static void within(String what, int value, int source) {
    if (value > source) {
      throw new UserException(
          "target %s: %d is larger than the model's %d".formatted(what, value, source));
    }
  }
}
