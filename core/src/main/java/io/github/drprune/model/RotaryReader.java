package io.github.drprune.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Suggestion;
import io.github.drprune.model.RotarySpec.Scaling;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * Reads rotary embeddings, from the keys of either generation of the transformers library: {@code
 * rope_theta} and {@code rope_scaling}, or both in {@code rope_parameters}, there perhaps for each
 * type of layers.
 */
final class RotaryReader {
  static final String PARAMETERS = "rope_parameters";
  static final String BASE = "rope_theta";
  static final String SHARE = "partial_rotary_factor";
  private static final List<String> TYPES =
      List.of("default", "linear", "dynamic", "llama3", "yarn", "longrope");

  private final ConfigReader config;
  private final int headDim;
  private final JsonNode parameters;
  private final boolean ofThisType;
  private JsonNode scaling;
  private String baseKey = BASE;
  private double defaultBase = 10_000;
  private boolean hasOwnBase;
  private String shareKey = SHARE;
  private double defaultShare = 1;

  private RotaryReader(ConfigReader config, int headDim, JsonNode parameters, boolean ofThisType) {
    this.config = config;
    this.headDim = headDim;
    this.parameters = parameters;
    this.ofThisType = ofThisType;
    this.scaling = parameters.isObject() ? parameters : config.json().path("rope_scaling");
  }

  /** Of layers of that type, as {@code layer_types} names it. */
  static RotaryReader of(ConfigReader config, int headDim, String layerType) {
    JsonNode all = config.json().path(PARAMETERS);
    boolean ofThisType = all.path(layerType).isObject();
    return new RotaryReader(config, headDim, ofThisType ? all.path(layerType) : all, ofThisType);
  }

  /** The older key of the base and what it is where the file does not say. */
  RotaryReader base(String key, double fallback) {
    baseKey = key;
    defaultBase = fallback;
    return this;
  }

  /** As {@link #base}, of layers whose base is theirs alone: what all others have says nothing. */
  RotaryReader ownBase(String key, double fallback) {
    hasOwnBase = true;
    return base(key, fallback);
  }

  /** The older key of the share of each head that turns, and its default. */
  RotaryReader share(String key, double fallback) {
    shareKey = key;
    defaultShare = fallback;
    return this;
  }

  /** Leaves out a scaling that the file does not give for this type of layers alone. */
  RotaryReader withoutSharedScaling() {
    scaling = ofThisType ? parameters : MissingNode.getInstance();
    return this;
  }

  RotarySpec read() {
    double base = base();
    double share = own(SHARE, config.number(shareKey, defaultShare));
    if (!(base > 0) || !(share > 0 && share <= 1)) {
      throw new UserException(
          "rotary base %s must be positive and the share %s in (0, 1]".formatted(base, share));
    }
    int dims = (int) (headDim * share);
    if (dims % 2 != 0) {
      throw new UserException(
          "%d rotary dimensions (head dim %d) do not pair up".formatted(dims, headDim));
    }
    return new RotarySpec(base, dims, scaling(base, dims));
  }

  private double base() {
    if (!hasOwnBase) {
      return own(BASE, config.number(baseKey, config.number(BASE, defaultBase)));
    }
    double older = config.number(baseKey, defaultBase);
    return ofThisType ? own(BASE, older) : older;
  }

  /** A number of {@code rope_parameters}. */
  private double own(String key, double fallback) {
    return parameters.hasNonNull(key)
        ? ConfigReader.number(PARAMETERS + "." + key, parameters.get(key))
        : fallback;
  }

  private Scaling scaling(double base, int dims) {
    if (!scaling.isObject()) {
      return new Scaling.None();
    }
    String type = type();
    return switch (type) {
      case "default" -> new Scaling.None();
      case "linear" -> new Scaling.Linear(positive("factor"));
      case "dynamic" -> new Scaling.Dynamic(positive("factor"));
      case "llama3" ->
          new Scaling.Llama3(
              positive("factor"),
              positive("low_freq_factor"),
              positive("high_freq_factor"),
              (int) positive("original_max_position_embeddings"));
      case "yarn" -> yarn(base, dims);
      case "longrope" -> longRope(dims);
      default ->
          throw new UserException(
              "rope_scaling type '%s' is not supported%s"
                  .formatted(type, Suggestion.among(type, TYPES)));
    };
  }

  private String type() {
    String type = scaling.path("rope_type").asText(scaling.path("type").asText("default"));
    // Phi-3 calls LongRoPE by two older names.
    boolean older = scaling.has("long_factor") && List.of("su", "yarn").contains(type);
    return older ? "longrope" : type;
  }

  private Scaling yarn(double base, int dims) {
    int original = originalPositions();
    double factor = positive("factor");
    double attention =
        scaling.hasNonNull("mscale") && scaling.hasNonNull("mscale_all_dim")
            ? magnitude(factor, positive("mscale")) / magnitude(factor, positive("mscale_all_dim"))
            : magnitude(factor, 1);
    return Scaling.Yarn.of(
        base,
        dims,
        factor,
        new Scaling.Yarn.Ramp(
            positive("beta_fast", 32),
            positive("beta_slow", 1),
            original,
            scaling.path("truncate").asBoolean(true)),
        positive("attention_factor", attention));
  }

  private static double magnitude(double factor, double scale) {
    return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
  }

  private Scaling longRope(int dims) {
    int original = originalPositions();
    double factor = positive("factor", (double) config.contextLength() / original);
    double attention = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
    return new Scaling.LongRope(
        factors("short_factor", dims / 2),
        factors("long_factor", dims / 2),
        original,
        positive("attention_factor", attention));
  }

  private List<Double> factors(String key, int planes) {
    JsonNode list = scaling.path(key);
    boolean positive =
        list.isArray()
            && StreamSupport.stream(list.spliterator(), false)
                .allMatch(factor -> factor.isNumber() && factor.asDouble() > 0);
    if (!positive || list.size() != planes) {
      throw new UserException(
          "rope_scaling.%s must be a list of %d positive numbers, one for each plane that turns"
              .formatted(key, planes));
    }
    return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asDouble).toList();
  }

  private int originalPositions() {
    String key = "original_max_position_embeddings";
    return config.json().hasNonNull(key)
        ? config.integer(key, null)
        : (int) positive(key, config.contextLength());
  }

  private double positive(String key, double fallback) {
    return scaling.hasNonNull(key) ? positive(key) : fallback;
  }

  private double positive(String key) {
    if (!scaling.path(key).isNumber() || scaling.path(key).asDouble() <= 0) {
      throw new UserException(
          "rope_scaling.%s must be a positive number, not %s".formatted(key, scaling.get(key)));
    }
    return scaling.get(key).asDouble();
  }
}
