package io.github.drprune.prune;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Suggestion;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** A part of a model that masks can make smaller, in the order used everywhere. */
public enum MaskModule {
  /** Units of the residual stream, one mask for the whole model. */
  @JsonProperty("hidden")
  HIDDEN("hidden"),
  /** Heads of each layer, as {@link GroupPolicy} says. */
  @JsonProperty("head")
  HEAD("head"),
  /** Units of each layer's MLP. */
  @JsonProperty("intermediate")
  INTERMEDIATE("intermediate"),
  /** Whole layers. */
  @JsonProperty("layer")
  LAYER("layer"),
  /** The attention halves of layers. */
  @JsonProperty("head_layer")
  HEAD_LAYER("head_layer"),
  /** The MLP halves of layers. */
  @JsonProperty("mlp")
  MLP("mlp");

  private final String key;

  MaskModule(String key) {
    this.key = key;
  }

  /** Its name in files and options. */
  @Override
  public String toString() {
    return key;
  }

  /** The module of that name. */
  public static MaskModule named(String name) {
    return Arrays.stream(values())
        .filter(module -> module.key.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new UserException(
                    "modules: no module '%s'%s"
                        .formatted(
                            name,
                            Suggestion.among(
                                name, Arrays.stream(values()).map(m -> m.key).toList()))));
  }

  /**
   * The modules as a set in their order.
   *
   * @throws UserException for a combination from which no uniform model can be cut
   */
  public static Set<MaskModule> combination(Collection<MaskModule> modules) {
    if (modules.isEmpty()) {
      throw UserException.at("modules", "nothing to mask", "name some of " + allNames());
    }
    Set<MaskModule> set = EnumSet.copyOf(modules);
    for (MaskModule half : EnumSet.of(HEAD_LAYER, MLP)) {
      if (set.contains(LAYER) && set.contains(half)) {
        throw new UserException(
            "modules: 'layer' and '%s' mask the same thing; choose 'layer' or 'head_layer' with 'mlp'"
                .formatted(half));
      }
    }
    if (set.contains(HEAD_LAYER) != set.contains(MLP)) {
      throw new UserException(
          "modules: '%s' needs '%s' beside it, or layers keep a half without the other"
              .formatted(
                  set.contains(MLP) ? MLP : HEAD_LAYER, set.contains(MLP) ? HEAD_LAYER : MLP));
    }
    return Collections.unmodifiableSet(set);
  }

  /** The modules that turn {@code source} into {@code target}, whole layers rather than halves. */
  public static Set<MaskModule> between(ModelSpec source, ModelShape target) {
    Set<MaskModule> set = EnumSet.noneOf(MaskModule.class);
    if (target.hiddenSize() != source.hiddenSize()) {
      set.add(HIDDEN);
    }
    if (target.heads() != source.heads()) {
      set.add(HEAD);
    }
    if (target.intermediateSize() != source.intermediateSize()) {
      set.add(INTERMEDIATE);
    }
    if (target.layers() != source.layers()) {
      set.add(LAYER);
    }
    if (set.isEmpty()) {
      throw UserException.at("target", "the same shape as the model's", "nothing to prune");
    }
    return Collections.unmodifiableSet(set);
  }

  private static String allNames() {
    return String.join(", ", Arrays.stream(values()).map(MaskModule::toString).toList());
  }
}
