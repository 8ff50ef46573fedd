package io.github.drprune.export;

import io.github.drprune.error.UserException;
import io.github.drprune.gguf.GgufValue;
import io.github.drprune.model.LlamaCpp;
import io.github.drprune.model.LlamaCpp.Trait;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.Multipliers;
import io.github.drprune.model.NormSpec;
import io.github.drprune.model.TensorRole;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A model as llama.cpp is told of it.
 *
 * @param metadata what the file says of its architecture
 * @param factors tensors of rotary factors, by name
 * @param contextLength the longest text that is computed as the source computes it, in tokens
 * @param turningDims dimensions of each head that turn
 * @param scoreFactor what scores have to be multiplied by beyond what llama.cpp does itself
 */
record ExportedModel(
    ModelSpec spec,
    LlamaCpp architecture,
    SequencedMap<String, GgufValue> metadata,
    SequencedMap<String, float[]> factors,
    int contextLength,
    int turningDims,
    double scoreFactor) {

  /**
   * What a file has to say of {@code spec}.
   *
   * @throws UserException for what llama.cpp cannot compute
   */
  static ExportedModel of(ModelSpec spec, Consumer<String> warnings) {
    LlamaCpp architecture = spec.family().llamaCpp();
    requireExpressible(spec, architecture);
    var windows = ExportedWindows.of(spec, architecture, warnings);
    var rotary = ExportedRotary.of(spec, architecture);
    SequencedMap<String, GgufValue> keys = new LinkedHashMap<>();
    keys.put("vocab_size", GgufValue.of(spec.vocabularySize()));
    keys.put("context_length", GgufValue.of(windows.contextLength()));
    keys.put("embedding_length", GgufValue.of(spec.hiddenSize()));
    keys.put("block_count", GgufValue.of(spec.layers()));
    keys.put("feed_forward_length", GgufValue.of(spec.intermediateSize()));
    keys.put("attention.head_count", GgufValue.of(spec.heads()));
    keys.put("attention.head_count_kv", GgufValue.of(spec.kvHeads()));
    keys.put("attention.key_length", GgufValue.of(spec.headDim()));
    keys.put("attention.value_length", GgufValue.of(spec.headDim()));
    keys.put(
        spec.norm().kind() == NormSpec.Kind.RMS
            ? "attention.layer_norm_rms_epsilon"
            : "attention.layer_norm_epsilon",
        GgufValue.of(spec.norm().eps()));
    if (spec.norm().kind() == NormSpec.Kind.LAYER) {
      keys.put("use_parallel_residual", GgufValue.of(spec.parallelResidual()));
    }
    keys.putAll(rotary.keys());
    keys.putAll(windows.keys());
    keys.putAll(multipliers(spec, architecture));
    // In one order at every run: so the file has the same bytes.
    SequencedMap<String, GgufValue> metadata = new TreeMap<>();
    keys.forEach((key, value) -> metadata.put(architecture.name() + "." + key, value));
    double scoreFactor =
        architecture.has(Trait.SCALE_OF_SCORES)
            ? 1
            : spec.attention().scale() / architecture.scale(spec);
    return new ExportedModel(
        spec,
        architecture,
        metadata,
        new TreeMap<>(rotary.factors()),
        windows.contextLength(),
        rotary.dims(),
        Math.abs(scoreFactor - 1) < 1e-9 ? 1 : scoreFactor);
  }

  private static void requireExpressible(ModelSpec spec, LlamaCpp architecture) {
    String cannot = "llama.cpp's " + architecture.name() + " ";
    for (TensorRole role : TensorRole.values()) {
      if (!role.isNorm() && spec.hasBias(role) && !architecture.biases().contains(role)) {
        throw new UserException(
            "%shas no place for %s; this model runs elsewhere only"
                .formatted(cannot, spec.bias(role, 0).name()));
      }
    }
    if (spec.activation() != architecture.activation()) {
      throw new UserException(
          "%scomputes %s, not the model's %s"
              .formatted(cannot, architecture.activation(), spec.activation()));
    }
    if (architecture.has(Trait.HEAD_IN_EMBEDDING) && !spec.tiedEmbeddings()) {
      throw new UserException(cannot + "has its head tied to the embedding; this model has not");
    }
    requireCaps(spec, architecture, cannot);
  }

  private static void requireCaps(ModelSpec spec, LlamaCpp architecture, String cannot) {
    boolean scores = spec.attention().cap().isPresent();
    boolean logits = spec.multipliers().logitCap().isPresent();
    boolean expressible =
        architecture.has(Trait.CAPS_ALL)
            ? scores && logits
            : !scores && (!logits || architecture.has(Trait.CAPS_LOGITS));
    if (!expressible) {
      throw new UserException(
          "%scaps %s, this model %s"
              .formatted(
                  cannot,
                  architecture.has(Trait.CAPS_ALL)
                      ? "scores and logits"
                      : architecture.has(Trait.CAPS_LOGITS) ? "at most logits" : "nothing",
                  scores ? "caps scores" : logits ? "only logits" : "does not"));
    }
  }

  private static Map<String, GgufValue> multipliers(ModelSpec spec, LlamaCpp architecture) {
    Multipliers multipliers = spec.multipliers();
    SequencedMap<String, GgufValue> keys = new LinkedHashMap<>();
    if (architecture.has(Trait.SCALE_OF_SCORES)) {
      keys.put("attention.scale", GgufValue.of(spec.attention().scale()));
      keys.put("embedding_scale", GgufValue.of(multipliers.embedding()));
      keys.put("residual_scale", GgufValue.of(multipliers.residual()));
      keys.put("logit_scale", GgufValue.of(1 / multipliers.logits()));
    }
    spec.attention().cap().ifPresent(cap -> keys.put("attn_logit_softcapping", GgufValue.of(cap)));
    multipliers.logitCap().ifPresent(cap -> keys.put("final_logit_softcapping", GgufValue.of(cap)));
    return keys;
  }

  /** What a tensor's numbers are multiplied by, so that scores come out as they should. */
  double queryFactor(TensorRole role) {
    TensorRole scaled =
        Arrays.asList(TensorRole.QUERY_NORM, TensorRole.JOINT_QUERY_NORM, TensorRole.QUERY).stream()
            .filter(spec::has)
            .findFirst()
            .orElse(null);
    return role == scaled ? scoreFactor : 1;
  }
}
