package io.github.drprune.prune;

import io.github.drprune.error.UserException;
import io.github.drprune.model.Axis.Unit;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import java.util.Collection;
import java.util.Set;

/**
 * Which masks a model has and what they count: every module has [rows, units] values, one row per
 * thing that keeps the same number of units.
 */
public record MaskLayout(
    ModelSpec config, Set<MaskModule> modules, GroupPolicy policy, HiddenBasis basis) {
  public MaskLayout {
    modules = MaskModule.combination(modules);
    if (policy == GroupPolicy.QUERY_IN_GROUP
        && modules.contains(MaskModule.HEAD)
        && config.groupSize() == 1) {
      throw new UserException(
          "policy query_in_group: the model's heads share no key/value heads; use kv_group");
    }
  }

  public static MaskLayout of(
      ModelSpec config, Collection<MaskModule> modules, GroupPolicy policy) {
    return new MaskLayout(config, MaskModule.combination(modules), policy, HiddenBasis.SOURCE);
  }

  /** The same masks, their hidden units being those of {@code basis}. */
  public MaskLayout in(HiddenBasis basis) {
    return new MaskLayout(config, modules, policy, basis);
  }

  /**
   * Refuses masks that are not of the checkpoint as it stands.
   *
   * @throws UserException where the model was turned before its masks were made
   */
  public void requireUnitsOfTheCheckpoint() {
    if (basis == HiddenBasis.PRINCIPAL) {
      throw new UserException(
          "masks: their hidden units are principal components that the run turned the model to, so"
              + " they cannot be applied to the checkpoint; use the run's own result, or prune with"
              + " hidden_basis 'source'");
    }
  }

  /** Layers, or layers x key/value heads, or 1 for what the whole model shares. */
  public int rows(MaskModule module) {
    return switch (module) {
      case HIDDEN, LAYER, HEAD_LAYER, MLP -> 1;
      case INTERMEDIATE -> config.layers();
      case HEAD ->
          switch (policy) {
            case KV_GROUP -> config.layers();
            case QUERY_IN_GROUP -> config.layers() * config.kvHeads();
          };
    };
  }

  /** Units of a row. */
  public int units(MaskModule module) {
    return kept(module, config);
  }

  /** How many units of a row a model of configuration {@code target} keeps. */
  public int kept(MaskModule module, ModelSpec target) {
    return switch (module) {
      case HIDDEN -> target.hiddenSize();
      case LAYER, HEAD_LAYER, MLP -> target.layers();
      case INTERMEDIATE -> target.intermediateSize();
      case HEAD ->
          switch (policy) {
            case KV_GROUP -> target.kvHeads();
            case QUERY_IN_GROUP -> target.groupSize();
          };
    };
  }

  /**
   * The configuration to cut to.
   *
   * @throws UserException when masks of this layout cannot lead to {@code target}
   */
  public ModelSpec targetConfig(ModelShape target) {
    ModelSpec cut = policy.cut(config, target);
    if (target.equals(config.shape())) {
      throw UserException.at("target", "the same shape as the model's", "nothing to prune");
    }
    for (MaskModule needed : MaskModule.between(config, target)) {
      boolean halves = needed == MaskModule.LAYER && modules.contains(MaskModule.HEAD_LAYER);
      if (!modules.contains(needed) && !halves) {
        throw new UserException(
            "modules: the target needs '%s' masked (%d of %d to keep)"
                .formatted(needed, kept(needed, cut), units(needed)));
      }
    }
    return cut;
  }

  /**
   * Refuses a model that masks of this layout were not made for; weights may differ.
   *
   * @throws UserException naming the first difference
   */
  public void checkModel(ModelSpec model) {
    same("family", config.family().modelType(), model.family().modelType());
    same("hidden size", config.hiddenSize(), model.hiddenSize());
    same("number of layers", config.layers(), model.layers());
    same("number of heads", config.heads(), model.heads());
    same("number of key/value heads", config.kvHeads(), model.kvHeads());
    same("head dim", config.headDim(), model.headDim());
    same("intermediate size", config.intermediateSize(), model.intermediateSize());
    same("vocabulary size", config.vocabularySize(), model.vocabularySize());
    same("tying of the embeddings", config.tiedEmbeddings(), model.tiedEmbeddings());
    same("choice of biases", config.biased(), model.biased());
    same("activation", config.activation(), model.activation());
    same("parallel residual", config.parallelResidual(), model.parallelResidual());
    same("norm", config.norm(), model.norm());
    same("attention", config.attention(), model.attention());
    same("choice of multipliers", config.multipliers(), model.multipliers());
  }

  private static void same(String what, Object ofMasks, Object ofModel) {
    if (!ofMasks.equals(ofModel)) {
      throw new UserException(
          "masks: made for another model: its %s is %s, this model's is %s"
              .formatted(what, ofMasks, ofModel));
    }
  }

  /**
   * Refuses masks whose shape, when it is left to them, the family may not be able to express.
   *
   * @throws UserException naming the module that is missing
   */
  public void checkFreeShape() {
    if (config.hiddenFollowsHeads()
        && modules.contains(MaskModule.HIDDEN) != modules.contains(MaskModule.HEAD)) {
      throw new UserException(
          "modules: the hidden size of %s is heads x head size; mask 'hidden' and 'head' or neither"
              .formatted(config.family().modelType()));
    }
  }

  /** Parameters of one layer's matrices that lie in a row or column of a {@code unit}. */
  public long perLayer(Unit unit) {
    return config.tensors().values().stream()
        .filter(shape -> shape.layer() == 0 && shape.isMatrix())
        .mapToLong(
            shape ->
                shape.axes().stream()
                    .mapToLong(axis -> Math.round(axis.share(unit, config) * shape.elements()))
                    .max()
                    .orElse(0))
        .sum();
  }

  /** The share of the parameters of the blocks' matrices that the model {@code cut} lacks. */
  public double sparsity(ModelSpec cut) {
    return 1 - (double) cut.blockParameters() / config.blockParameters();
  }
}
