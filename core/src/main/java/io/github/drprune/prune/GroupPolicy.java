package io.github.drprune.prune;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.github.drprune.error.UserException;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.SizeRule;

/** What a head mask removes where several query heads share a key/value head. */
public enum GroupPolicy {
  /** A key/value head with all its query heads; without sharing, one head. */
  @JsonProperty("kv_group")
  KV_GROUP("kv_group"),
  /**
   * Query heads, equally many of every key/value head, all of which stay: tensor-parallel layouts
   * still fit.
   */
  @JsonProperty("query_in_group")
  QUERY_IN_GROUP("query_in_group");

  private final String key;

  GroupPolicy(String key) {
    this.key = key;
  }

  /** Its name in files and options. */
  @Override
  public String toString() {
    return key;
  }

  /**
   * A shape of which only some sizes are given: null leaves the source's, and key/value heads
   * follow from the heads.
   */
  public ModelShape shape(
      ModelSpec source,
      Integer hiddenSize,
      Integer layers,
      Integer heads,
      Integer kvHeads,
      Integer intermediateSize) {
    int chosenHeads = heads == null ? source.heads() : heads;
    int impliedKvHeads =
        switch (this) {
          case KV_GROUP -> Math.max(1, chosenHeads / source.groupSize());
          case QUERY_IN_GROUP -> source.kvHeads();
        };
    return new ModelShape(
        hiddenSize == null ? source.hiddenSize() : hiddenSize,
        layers == null ? source.layers() : layers,
        chosenHeads,
        kvHeads == null ? impliedKvHeads : kvHeads,
        intermediateSize == null ? source.intermediateSize() : intermediateSize);
  }

  /**
   * The configuration of {@code source} cut to {@code shape}.
   *
   * @throws UserException when it cannot be cut to it
   */
  public ModelSpec cut(ModelSpec source, ModelShape shape) {
    within("hidden size", shape.hiddenSize(), source.hiddenSize());
    within("layers", shape.layers(), source.layers());
    within("heads", shape.heads(), source.heads());
    within("key/value heads", shape.kvHeads(), source.kvHeads());
    within("intermediate size", shape.intermediateSize(), source.intermediateSize());
    switch (this) {
      case KV_GROUP -> checkWholeGroups(shape, source.groupSize());
      case QUERY_IN_GROUP -> checkAllGroups(shape, source);
    }
    ModelSpec cut = source.resized(shape);
    for (String broken : cut.brokenRules(source, SizeRule.Reader.CONFIG)) {
      throw new UserException("target " + broken);
    }
    return cut;
  }

  private static void checkWholeGroups(ModelShape shape, int groupSize) {
    int heads = shape.heads();
    int kvHeads = shape.kvHeads();
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

  private static void checkAllGroups(ModelShape shape, ModelSpec source) {
    int heads = shape.heads();
    int kvHeads = shape.kvHeads();
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

  private static void within(String what, int value, int source) {
    if (value > source) {
      throw new UserException(
          "target %s: %d is larger than the model's %d".formatted(what, value, source));
    }
  }
}
