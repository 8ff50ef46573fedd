package io.github.drprune.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.error.UserException;

/** Descriptions of models to train from scratch: the usual member of a family in a given shape. */
public final class NewModel {
  private NewModel() {}

  /** A model with a head of its own for a vocabulary of that size. */
  public static ModelSpec of(
      String modelType, ModelShape shape, int vocabularySize, int contextLength) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    return of(modelType, shape, vocabularySize, contextLength, json);
  }

  /**
   * A model of which more is given.
   *
   * @param json keys of its configuration beside the sizes
   */
  public static ModelSpec of(
      String modelType, ModelShape shape, int vocabularySize, int contextLength, ObjectNode json) {
    json.put("model_type", modelType);
    json.put("vocab_size", vocabularySize);
    json.put("hidden_size", shape.hiddenSize());
    json.put("num_hidden_layers", shape.layers());
    json.put("num_attention_heads", shape.heads());
    json.put("num_key_value_heads", shape.kvHeads());
    json.put("intermediate_size", shape.intermediateSize());
    json.put("max_position_embeddings", contextLength);
    json.put("initializer_range", 0.02);
    ModelFamily.named(modelType).writeDefaults(json);
    ModelSpec spec = ConfigReader.parse(json.toString(), "shape");
    if (spec.kvHeads() != shape.kvHeads()) {
      throw new UserException(
          "shape: %d key/value heads: a %s has as many as heads, %d; leave them out"
              .formatted(shape.kvHeads(), modelType, spec.kvHeads()));
    }
    return spec;
  }
}
