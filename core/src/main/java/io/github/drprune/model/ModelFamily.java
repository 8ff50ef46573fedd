package io.github.drprune.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.error.UserException;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A model family as data: how its {@code config.json} reads and is written, and the table of its
 * tensors. To add one, write its record and name it in {@code permits}.
 */
public sealed interface ModelFamily
    permits Llama,
        Mistral,
        Qwen2,
        Qwen3,
        SmolLm3,
        Olmo2,
        Olmo3,
        Phi3,
        Granite,
        Gemma2,
        Gemma3,
        GptNeox {
  /** All of them, in the order of {@code permits}. */
  List<ModelFamily> ALL =
      Arrays.stream(ModelFamily.class.getPermittedSubclasses()).map(ModelFamily::instance).toList();

  /** The family that {@code model_type} names. */
  static ModelFamily named(String modelType) {
    return ALL.stream()
        .filter(family -> family.modelType().equals(modelType))
        .findFirst()
        .orElseThrow(
            () ->
                new UserException(
                    "model_type '%s' is not supported%s (supported: %s)"
                        .formatted(
                            modelType,
                            nearest(modelType).map("; the nearest that is: "::concat).orElse(""),
                            names())));
  }

  /** The supported type whose name begins most like {@code modelType}, by two letters at least. */
  static Optional<String> nearest(String modelType) {
    return ALL.stream()
        .map(ModelFamily::modelType)
        .max(Comparator.comparingInt(name -> commonStart(name, modelType)))
        .filter(name -> commonStart(name, modelType) > 1);
  }

  private static int commonStart(String a, String b) {
    int length = 0;
    while (length < Math.min(a.length(), b.length()) && a.charAt(length) == b.charAt(length)) {
      length++;
    }
    return length;
  }

  private static String names() {
    return ALL.stream().map(ModelFamily::modelType).collect(Collectors.joining(", "));
  }

  private static ModelFamily instance(Class<?> family) {
    try {
      return (ModelFamily) family.getDeclaredConstructor().newInstance();
    } catch (NoSuchMethodException
        | InstantiationException
        | IllegalAccessException
        | InvocationTargetException e) {
      throw new IllegalStateException(family + " needs a constructor without arguments", e);
    }
  }

  /** The {@code model_type} of its configurations. */
  String modelType();

  /** The tensors of its checkpoints in the order of use. */
  List<TensorName> tensors();

  /** Reads what is particular to the family and refuses what it cannot honour. */
  ModelSpec read(ConfigReader config);

  /** Writes the keys that a cut changes and that not all families have. */
  default void write(ModelSpec spec, ObjectNode json) {
    ConfigWriter.attention(spec, json);
  }

  /** Writes what a new model of the family usually has: class, activation, norm, rotary base. */
  void writeDefaults(ObjectNode json);

  /** What readers of its checkpoints require of the sizes of a model like {@code spec}. */
  default List<SizeRule> sizeRules(ModelSpec spec) {
    return List.of();
  }

  /** How llama.cpp runs it. */
  LlamaCpp llamaCpp();

  /** Whether a checkpoint's tensor is a constant of older exports rather than a weight. */
  default boolean isBuffer(String tensorName) {
    return tensorName.endsWith(".rotary_emb.inv_freq");
  }
}
