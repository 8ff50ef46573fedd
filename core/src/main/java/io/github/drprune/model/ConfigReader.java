package io.github.drprune.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.error.UserException;
import io.github.drprune.io.InputFiles;
import io.github.drprune.json.Json;
import io.github.drprune.json.Suggestion;
import io.github.drprune.model.RotarySpec.Scaling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Typed access to a checkpoint's {@code config.json}, with errors that name file and key. */
public final class ConfigReader {
  private static final List<String> MIXTURE_KEYS =
      List.of("num_local_experts", "num_experts", "n_routed_experts", "moe_intermediate_size");

  private final ObjectNode json;
  private final String where;

  private ConfigReader(ObjectNode json, String where) {
    this.json = json;
    this.where = where;
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
    var reader = new ConfigReader(json, where);
    String modelType = reader.text("model_type", null);
    for (String key : MIXTURE_KEYS) {
      if (json.path(key).asInt(0) > 0) {
        throw reader.unsupported(key, "mixtures of experts");
      }
    }
    if (json.hasNonNull("quantization_config")) {
      throw reader.unsupported("quantization_config", "quantised weights");
    }
    try {
      ModelSpec spec = ModelFamily.named(modelType, where).read(reader);
      PerLayerKeys.check(json, spec.layers());
      return spec;
    } catch (UserException e) {
      throw e.getMessage().startsWith(where) ? e : new UserException(where + ": " + e.getMessage());
    }
  }

  ObjectNode json() {
    return json;
  }

  /** A model of Llama's tensors: RMSNorm, gated MLP, full rotary positions. */
  ModelSpec gated(ModelFamily family, Set<TensorRole> biased) {
    int headDim = headDim();
    return new ModelSpec(
        family,
        shape(integer("num_key_value_heads", integer("num_attention_heads", null))),
        headDim,
        integer("vocab_size", null),
        contextLength(),
        flag("tie_word_embeddings", false),
        biased,
        activation("hidden_act", "silu"),
        false,
        new NormSpec(NormSpec.Kind.RMS, number("rms_norm_eps", 1e-6)),
        rotary("rope_theta", "partial_rotary_factor", 1.0, headDim),
        json);
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

  /** Refuses a per-layer list that has anything but full attention in it. */
  void refuseOtherLayerTypes() {
    for (JsonNode type : json.path("layer_types")) {
      if (!type.asText().equals("full_attention")) {
        throw unsupported("layer_types", "layers of type '" + type.asText() + "'");
      }
    }
  }

  /**
   * The rotary embedding, from the keys of either generation of the transformers library ({@code
   * rope_theta} and {@code rope_scaling}, or both in {@code rope_parameters}).
   *
   * @param baseKey the older key of the base
   * @param defaultShare the share of each head that turns where the file does not say
   */
  RotarySpec rotary(String baseKey, String shareKey, double defaultShare, int headDim) {
    JsonNode parameters = json.path("rope_parameters");
    JsonNode scaling = parameters.isObject() ? parameters : json.path("rope_scaling");
    double base =
        parameters.has("rope_theta")
            ? number("rope_parameters.rope_theta", parameters.get("rope_theta"))
            : number(baseKey, number("rope_theta", 10000.0));
    double share =
        parameters.has("partial_rotary_factor")
            ? number(
                "rope_parameters.partial_rotary_factor", parameters.get("partial_rotary_factor"))
            : number(shareKey, defaultShare);
    if (!(base > 0) || !(share > 0 && share <= 1)) {
      throw new UserException(
          "%s: rotary base %s must be positive and the share %s in (0, 1]"
              .formatted(where, base, share));
    }
    int dims = (int) (headDim * share);
    if (dims % 2 != 0) {
      throw new UserException(
          "%s: %d rotary dimensions (head dim %d) do not pair up".formatted(where, dims, headDim));
    }
    return new RotarySpec(base, dims, scaling(scaling));
  }

  private Scaling scaling(JsonNode scaling) {
    if (!scaling.isObject()) {
      return new Scaling.None();
    }
    String type = scaling.path("rope_type").asText(scaling.path("type").asText("default"));
    return switch (type) {
      case "default" -> new Scaling.None();
      case "linear" -> new Scaling.Linear(scaled(scaling, "factor"));
      case "llama3" ->
          new Scaling.Llama3(
              scaled(scaling, "factor"),
              scaled(scaling, "low_freq_factor"),
              scaled(scaling, "high_freq_factor"),
              (int) scaled(scaling, "original_max_position_embeddings"));
      default ->
          throw new UserException(
              "%s: rope_scaling type '%s' is not supported%s"
                  .formatted(
                      where, type, Suggestion.among(type, List.of("default", "linear", "llama3"))));
    };
  }

  private double scaled(JsonNode scaling, String key) {
    if (!scaling.path(key).isNumber() || scaling.path(key).asDouble() <= 0) {
      throw new UserException(
          "%s: rope_scaling.%s must be a positive number, not %s"
              .formatted(where, key, scaling.get(key)));
    }
    return scaling.get(key).asDouble();
  }

  private double number(String key, JsonNode node) {
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
      throw new UserException("%s: key '%s' is missing".formatted(where, key));
    }
    return null;
  }

  private UserException wrong(String key, JsonNode node, String expected) {
    return new UserException("%s: %s must be %s, not %s".formatted(where, key, expected, node));
  }

  private UserException unsupported(String key, String what) {
    return new UserException("%s: %s: %s not supported".formatted(where, key, what + plural(what)));
  }

  private static String plural(String what) {
    return what.startsWith("the ") ? " is" : " are";
  }
}
