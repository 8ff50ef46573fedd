package io.github.drprune.config;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.config.binding.Key;
import io.github.drprune.json.Suggestion;
import io.github.drprune.model.ModelFamily;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.NewModel;
import io.github.drprune.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The model to train from scratch. */
public record ShapeConfig(
    @Key(doc = "Family of the model, as 'model_type' in a config.json names it.", value = "llama")
        String family,
    @Key(doc = "Hidden units.", min = 1) int hiddenSize,
    @Key(doc = "Layers.", min = 1) int layers,
    @Key(doc = "Query heads of each layer.", min = 1) int heads,
    @Key(doc = "Key/value heads of each layer; without it as many as query heads.", min = 1)
        Optional<Integer> kvHeads,
    @Key(doc = "Intermediate units of each layer's MLP.", min = 1) int intermediateSize,
    @Key(doc = "Whether the head shares the token embedding's weights.", value = "false")
        boolean tiedEmbedding,
    @Key(doc = "Folder with the tokenizer of the data.") Path tokenizer) {
  public ShapeConfig {
    List<String> families = ModelFamily.ALL.stream().map(ModelFamily::modelType).toList();
    if (!families.contains(family)) {
      throw new IllegalArgumentException(
          "family: '%s' is not possible%s".formatted(family, Suggestion.among(family, families)));
    }
    if (heads % kvHeads.orElse(heads) != 0) {
      throw new IllegalArgumentException(
          "kv_heads: %d does not divide heads %d; choose one that does"
              .formatted(kvHeads.orElse(heads), heads));
    }
  }

  /**
   * The description of a model for the texts of the tokenizer, whose special tokens it takes over.
   *
   * @param contextLength the most tokens it is to see at once
   */
  public ModelSpec model(int contextLength) {
    var shape = new ModelShape(hiddenSize, layers, heads, kvHeads.orElse(heads), intermediateSize);
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    int vocabularySize;
    try (var loaded = Tokenizer.load(tokenizer)) {
      vocabularySize = loaded.size();
      if (loaded.specialTokens().bos() != null) {
        json.put("bos_token_id", loaded.specialTokens().bos());
      }
      if (loaded.specialTokens().eos() != null) {
        json.put("eos_token_id", loaded.specialTokens().eos());
      }
    }
    json.put("tie_word_embeddings", tiedEmbedding);
    return NewModel.of(family, shape, vocabularySize, contextLength, json);
  }
}
