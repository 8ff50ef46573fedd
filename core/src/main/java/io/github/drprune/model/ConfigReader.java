package io.github.drprune.model;

import static io.github.drprune.model.TensorRole.ATTENTION_OUTPUT;
import static io.github.drprune.model.TensorRole.DOWN;
import static io.github.drprune.model.TensorRole.GATE;
import static io.github.drprune.model.TensorRole.KEY;
import static io.github.drprune.model.TensorRole.QUERY;
import static io.github.drprune.model.TensorRole.UP;
import static io.github.drprune.model.TensorRole.VALUE;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.error.UserException;
import io.github.drprune.io.InputFiles;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/** Typed access to a checkpoint's {@code config.json}, with errors that name file and key. */
public final class ConfigReader {
  private static final List<String> MIXTURE_KEYS =
      List.of("num_local_experts", "num_experts", "n_routed_experts", "moe_intermediate_size");

  private final ObjectNode json;

  private ConfigReader(ObjectNode json) {
    this.json = json;
  }

  /** Reads the configuration of the checkpoint in {@code folder}. */
  public static ModelSpec read(Path folder) throws IOException {
    Path file = folder.resolve("config.json");
    if (!Files.isDirectory(folder)) {
      throw new UserException(folder + ": no such folder; name the folder of a checkpoint");
    }
    InputFiles.requireFile(file, "name the folder of a Hugging Face checkpoint");
    return parse(InputFiles.text(file), file.toString());
  }

  /** Reads a configuration's text; {@code where} names its origin in errors. */
  public static ModelSpec parse(String text, String where) {
    if (!(Json.tree(text, where) instanceof ObjectNode json)) {
      throw new UserException(where + ": not a JSON object");
    }
    try {
      return new ConfigReader(json).read();
    } catch (UserException e) {
      throw new UserException(where + ": " + e.getMessage());
    }
  }

  private ModelSpec read() {
    String modelType = text("model_type", null);
    for (String key : MIXTURE_KEYS) {
      if (json.path(key).asInt(0) > 0) {
        throw new UserException(
            "%s: mixtures of experts are not supported%s"
                .formatted(
                    key,
                    ModelFamily.nearest(modelType)
                        .map("; the nearest that is: dense models of type "::concat)
                        .orElse("")));
      }
    }
    if (json.hasNonNull("quantization_config")) {
      throw unsupported("quantization_config", "quantised weights");
    }
    ModelSpec spec = ModelFamily.named(modelType).read(this);
    PerLayerKeys.check(json, spec.layers());
    return spec;
  }

  ObjectNode json() {
    return json;
  }

  /** A model with RMSNorm, a gated MLP and full rotary positions, as its keys say. */
  ModelSpec.Builder gated(ModelFamily family) {
    return gated(family, headDim());
  }

  /** As {@link #gated(ModelFamily)}, with heads of that size. */
  ModelSpec.Builder gated(ModelFamily family, int headDim) {
    int heads = integer("num_attention_heads", null);
    return spec(family, shape(integer("num_key_value_heads", heads)), headDim)
        .activation(activation("hidden_act", "silu"))
        .norm(NormSpec.rms(number("rms_norm_eps", 1e-6)))
        .rotary(RotaryReader.of(this, headDim, LayerTypes.FULL).read());
  }

  /** What all families name alike. */
  ModelSpec.Builder spec(ModelFamily family, ModelShape shape, int headDim) {
    return new ModelSpec.Builder(family, shape, headDim, json)
        .vocabularySize(integer("vocab_size", null))
        .contextLength(contextLength())
        .tiedEmbeddings(flag("tie_word_embeddings", false));
  }

  /** The layers that {@code attention_bias} and {@code mlp_bias} give biases to. */
  Set<TensorRole> biases() {
    Set<TensorRole> biased = attentionBiases();
    if (flag("mlp_bias", false)) {
      biased.addAll(List.of(GATE, UP, DOWN));
    }
    return biased;
  }

  /** The layers that {@code attention_bias} gives biases to. */
  Set<TensorRole> attentionBiases() {
    return flag("attention_bias", false)
        ? EnumSet.of(QUERY, KEY, VALUE, ATTENTION_OUTPUT)
        : EnumSet.noneOf(TensorRole.class);
  }

  /** {@code sliding_window}, which may be null. */
  OptionalInt window(Integer fallback) {
    String key = "sliding_window";
    if (json.has(key) ? json.get(key).isNull() : fallback == null) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(integer(key, fallback));
  }

  /** The sizes that all families name alike. */
  ModelShape shape(int kvHeads) {
    return new ModelShape(
        integer("hidden_size", null),
        integer("num_hidden_layers", null),
        integer("num_attention_heads", null),
        kvHeads,
        integer("intermediate_size", null));
  }

  int contextLength() {
    return integer("max_position_embeddings", 2048);
  }

  /** {@code head_dim}, or hidden size / heads, which must then divide. */
  int headDim() {
    if (json.hasNonNull("head_dim")) {
      return integer("head_dim", null);
    }
    return dividedHeadDim();
  }

  /** Hidden size / heads, which must divide. */
  int dividedHeadDim() {
    int hidden = integer("hidden_size", null);
    int heads = integer("num_attention_heads", null);
    if (hidden % heads != 0) {
      throw new UserException(
          "hidden_size %d is not a multiple of num_attention_heads %d".formatted(hidden, heads));
    }
    return hidden / heads;
  }

  /** A positive integer; without a default the key must be there. */
  int integer(String key, Integer fallback) {
    JsonNode node = present(key, fallback);
    if (node == null) {
      return fallback;
    }
    if (!node.isIntegralNumber() || !node.canConvertToInt() || node.asInt() < 1) {
      throw wrong(key, node, "a positive integer");
    }
    return node.asInt();
  }

  double number(String key, Double fallback) {
    JsonNode node = present(key, fallback);
    return node == null ? fallback : number(key, node);
  }

  double positive(String key, Double fallback) {
    double value = number(key, fallback);
    if (!(value > 0)) {
      throw wrong(key, json.get(key), "a positive number");
    }
    return value;
  }

  /** A positive number that a file may set to null; so may {@code fallback} be. */
  OptionalDouble cap(String key, Double fallback) {
    if (json.has(key) ? json.get(key).isNull() : fallback == null) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(positive(key, fallback));
  }

  boolean flag(String key, boolean fallback) {
    JsonNode node = present(key, fallback);
    if (node == null) {
      return fallback;
    }
    if (!node.isBoolean()) {
      throw wrong(key, node, "true or false");
    }
    return node.asBoolean();
  }

  String text(String key, String fallback) {
    JsonNode node = present(key, fallback);
    if (node == null) {
      return fallback;
    }
    if (!node.isTextual()) {
      throw wrong(key, node, "a string");
    }
    return node.asText();
  }

  Activation activation(String key, String fallback) {
    String name = text(key, fallback);
    return Activation.named(name)
        .orElseThrow(() -> unsupported(key, "the activation '" + name + "'"));
  }

  void refuseWhenTrue(String key, String what) {
    if (flag(key, false)) {
      throw unsupported(key, what);
    }
  }

  void refuseWhenPresent(String key, String what) {
    if (json.hasNonNull(key)) {
      throw unsupported(key, what);
    }
  }

  static double number(String key, JsonNode node) {
    if (!node.isNumber()) {
      throw wrong(key, node, "a number");
    }
    return node.asDouble();
  }

  /** The value, or null where the fallback applies. */
  private JsonNode present(String key, Object fallback) {
    JsonNode node = json.path(key);
    if (!node.isMissingNode() && !node.isNull()) {
      return node;
    }
    if (fallback == null) {
      throw new UserException("key '%s' is missing".formatted(key));
    }
    return null;
  }

  private static UserException wrong(String key, JsonNode node, String expected) {
    return new UserException("%s must be %s, not %s".formatted(key, expected, node));
  }

  static UserException unsupported(String key, String what) {
    return new UserException("%s: %s not supported".formatted(key, what + plural(what)));
  }

  private static String plural(String what) {
    return what.startsWith("the ") ? " is" : " are";
  }
}
