package io.github.drprune.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.error.UserException;
import java.util.List;
import java.util.stream.Collectors;

/** A model family: how its configuration reads, its tensors' keys and the block made of them. */
public sealed interface Family permits Llama, Qwen2, GptNeox {
  List<Family> ALL = List.of(new Llama(), new Qwen2(), new GptNeox());

  /** The family that {@code model_type} names. */
  static Family named(String modelType, String where) {
    return ALL.stream()
        .filter(family -> family.modelType().equals(modelType))
        .findFirst()
        .orElseThrow(
            () ->
                new UserException(
                    "%s: model_type '%s' is not supported (supported: %s)"
                        .formatted(
                            where,
                            modelType,
                            ALL.stream()
                                .map(Family::modelType)
                                .collect(Collectors.joining(", ")))));
  }

  /** The {@code model_type} of its configurations. */
  String modelType();

  /** Reads what is particular to the family and refuses what it cannot honour. */
  ModelConfig read(ConfigReader config);

  /** Writes the keys that only this family has. */
  void write(ModelConfig config, ObjectNode json);

  /** Refuses sizes that the family's configuration cannot express. */
  void check(ModelConfig config);

  /** Whether the hidden size must be heads x head size, for want of a key that says otherwise. */
  default boolean hiddenFollowsHeads() {
    return false;
  }

  /** Whether a checkpoint's tensor is a constant of older exports rather than a weight. */
  boolean isBuffer(String tensorName);

  /** The model's parts around the weights that the builder supplies. */
  ModelParts assemble(ModelParts.Builder builder);
}
