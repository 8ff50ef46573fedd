package io.github.drprune.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.error.UserException;
import io.github.drprune.nn.Activation;
import io.github.drprune.nn.Axis;
import io.github.drprune.nn.RotaryConfig;
import java.util.SequencedMap;

/**
 * What a checkpoint's {@code config.json} says of its architecture.
 *
 * @param headSize dimensions of one head
 * @param positions the longest sequence the model was made for
 * @param tiedEmbeddings whether the head is the token embedding
 * @param normEps added to the variance in every norm
 * @param source the file's content, kept so that writing changes only what changed
 */
public record ModelConfig(
    Family family,
    int hiddenSize,
    int layers,
    int heads,
    int kvHeads,
    int headSize,
    int intermediateSize,
    int vocabularySize,
    int positions,
    boolean tiedEmbeddings,
    Biases biases,
    Activation activation,
    boolean parallelResidual,
    double normEps,
    RotaryConfig rotary,
    ObjectNode source) {

  /** Which projections have a bias. */
  public record Biases(boolean queryKeyValue, boolean attentionOutput, boolean mlp) {}

  public ModelConfig {
    positive("hidden size", hiddenSize);
    positive("layers", layers);
    positive("heads", heads);
    positive("key/value heads", kvHeads);
    positive("head size", headSize);
    positive("intermediate size", intermediateSize);
    positive("vocabulary size", vocabularySize);
    positive("positions", positions);
    if (heads % kvHeads != 0) {
      throw new UserException(
          "heads: %d query heads cannot share %d key/value heads evenly".formatted(heads, kvHeads));
    }
    if (rotary.dims() > headSize) {
      throw new UserException(
          "rotary dimensions: %d exceed the head size %d".formatted(rotary.dims(), headSize));
    }
  }

  /** Query heads that share one key/value head. */
  public int groupSize() {
    return heads / kvHeads;
  }

  /** The length of a dimension. */
  public int size(Axis axis) {
    return switch (axis) {
      case VOCABULARY -> vocabularySize;
      case HIDDEN -> hiddenSize;
      case QUERY -> heads * headSize;
      case KEY_VALUE -> kvHeads * headSize;
      case FUSED_QUERY_KEY_VALUE -> 3 * heads * headSize;
      case INTERMEDIATE -> intermediateSize;
    };
  }

  /** Learned numbers in all, a tied head counted once. */
  public long parameters() {
    return tensors().values().stream().mapToLong(TensorShape::elements).sum();
  }

  /** The tensors of a checkpoint with this configuration, by name, in the order they are used. */
  public SequencedMap<String, TensorShape> tensors() {
    return ModelParts.tensors(this);
  }

  /**
   * The same architecture at another size; head size, vocabulary and everything else stay.
   *
   * @throws UserException when the family cannot express the size
   */
  public ModelConfig resized(
      int hiddenSize, int layers, int heads, int kvHeads, int intermediateSize) {
    var resized =
        new ModelConfig(
            family,
            hiddenSize,
            layers,
            heads,
            kvHeads,
            headSize,
            intermediateSize,
            vocabularySize,
            positions,
            tiedEmbeddings,
            biases,
            activation,
            parallelResidual,
            normEps,
            rotary,
            source);
    family.check(resized);
    return resized;
  }

  /** The content of the {@code config.json} of a checkpoint with this configuration. */
  public ObjectNode toJson() {
    ObjectNode json = source.deepCopy();
    json.put("hidden_size", hiddenSize);
    json.put("num_hidden_layers", layers);
    json.put("num_attention_heads", heads);
    json.put("intermediate_size", intermediateSize);
    json.put("vocab_size", vocabularySize);
    family.write(this, json);
    return json;
  }

  private static void positive(String what, int value) {
    if (value < 1) {
      throw new UserException("%s: must be at least 1, not %d".formatted(what, value));
    }
  }
}
