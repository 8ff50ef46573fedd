package io.github.drprune.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.config.ShapeConfig;
import io.github.drprune.tokenizer.Tokenizer;

/** Descriptions of models to train from scratch: the usual member of a family in a given shape. */
public final class NewModel {
  private NewModel() {}

  /**
   * A model for the texts of a tokenizer, whose marks it takes over.
   *
   * @param contextLength the most tokens it is to see at once
   */
  public static ModelSpec of(ShapeConfig config, int contextLength) {
    var shape =
        new ModelShape(
            config.hiddenSize(),
            config.layers(),
            config.heads(),
            config.kvHeads().orElse(config.heads()),
            config.intermediateSize());
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    int vocabularySize;
    try (var tokenizer = Tokenizer.load(config.tokenizer())) {
      vocabularySize = tokenizer.size();
      if (tokenizer.marks().bos() != null) {
        json.put("bos_token_id", tokenizer.marks().bos());
      }
      if (tokenizer.marks().eos() != null) {
        json.put("eos_token_id", tokenizer.marks().eos());
      }
    }
    json.put("tie_word_embeddings", config.tiedEmbedding());
    return of(config.family(), shape, vocabularySize, contextLength, json);
  }

  /** A model with a head of its own for a vocabulary of that size. */
  public static ModelSpec of(
      String modelType, ModelShape shape, int vocabularySize, int contextLength) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    return of(modelType, shape, vocabularySize, contextLength, json);
  }

  private static ModelSpec of(
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
    ModelFamily.named(modelType, "shape").writeDefaults(json);
    return ConfigReader.parse(json.toString(), "shape");
  }
}
