package io.github.drprune.export;

import io.github.drprune.error.UserException;
import io.github.drprune.gguf.GgufValue;
import io.github.drprune.model.AttentionSpec.Layer;
import io.github.drprune.model.LlamaCpp;
import io.github.drprune.model.LlamaCpp.Trait;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.RotarySpec;
import io.github.drprune.model.RotarySpec.Scaling;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * How positions turn queries and keys, as a file can say it.
 *
 * @param factors tensors of what each frequency is divided by, by name
 * @param dims dimensions of each head that turn
 */
record ExportedRotary(
    SequencedMap<String, GgufValue> keys, Map<String, float[]> factors, int dims) {
  /** Scaling that is said in keys. */
  private record Scaled(Map<String, GgufValue> keys, Map<String, float[]> factors) {
    static final Scaled NOT = new Scaled(Map.of(), Map.of());
  }

  static ExportedRotary of(ModelSpec spec, LlamaCpp architecture) {
    List<Layer> layers = spec.attention().layers();
    requirePlainLayers(layers, architecture);
    List<RotarySpec> inWindows = distinct(layers, layer -> layer.window().isPresent());
    List<RotarySpec> elsewhere = distinct(layers, layer -> layer.window().isEmpty());
    List<RotarySpec> rotaries = elsewhere.isEmpty() ? inWindows : elsewhere;
    RotarySpec rotary = rotaries.isEmpty() ? inWindows.getFirst() : rotaries.getFirst();
    RotarySpec inWindow = inWindows.isEmpty() ? rotary : inWindows.getFirst();
    if (rotaries.size() > 1 || inWindows.size() > 1 || !fits(rotary, inWindow, architecture)) {
      throw new UserException(
          "llama.cpp's %s cannot turn positions differently in these layers"
              .formatted(architecture.name()));
    }
    if (rotary.dims() != spec.headDim() && architecture.has(Trait.TURNS_WHOLE_HEADS)) {
      throw new UserException(
          "llama.cpp's %s turns whole heads, not %d of %d dimensions"
              .formatted(architecture.name(), rotary.dims(), spec.headDim()));
    }
    SequencedMap<String, GgufValue> keys = new LinkedHashMap<>();
    keys.put("rope.dimension_count", GgufValue.of(rotary.dims()));
    keys.put("rope.freq_base", GgufValue.of(rotary.base()));
    if (architecture.has(Trait.WINDOWS_OWN_BASE)) {
      keys.put("rope.freq_base_swa", GgufValue.of(inWindow.base()));
    }
    Scaled scaled = scaled(rotary, architecture);
    keys.putAll(scaled.keys());
    return new ExportedRotary(keys, scaled.factors(), rotary.dims());
  }

  private static void requirePlainLayers(List<Layer> layers, LlamaCpp architecture) {
    boolean fourth = architecture.has(Trait.EVERY_FOURTH_PLAIN);
    for (int i = 0; i < layers.size(); i++) {
      if (layers.get(i).rotary().isEmpty() != (fourth && (i + 1) % 4 == 0)) {
        throw new UserException(
            "llama.cpp's %s has %s, unlike layer %d of this model"
                .formatted(
                    architecture.name(),
                    fourth ? "no positions in every fourth layer" : "positions in all layers",
                    i));
      }
    }
  }

  private static List<RotarySpec> distinct(List<Layer> layers, Predicate<Layer> chosen) {
    return layers.stream()
        .filter(chosen)
        .flatMap(layer -> layer.rotary().stream())
        .distinct()
        .toList();
  }

  private static boolean fits(RotarySpec rotary, RotarySpec inWindow, LlamaCpp architecture) {
    if (architecture.has(Trait.WINDOWS_OWN_BASE) || architecture.has(Trait.WINDOWS_UNSCALED)) {
      boolean base = architecture.has(Trait.WINDOWS_OWN_BASE) || inWindow.base() == rotary.base();
      boolean ownScaling = inWindow != rotary && !(inWindow.scaling() instanceof Scaling.None);
      return base && !ownScaling && inWindow.dims() == rotary.dims();
    }
    return inWindow.equals(rotary);
  }

  private static Scaled scaled(RotarySpec rotary, LlamaCpp architecture) {
    boolean factors = architecture.has(Trait.FREQUENCY_FACTORS);
    return switch (rotary.scaling()) {
      case Scaling.None _, Scaling.Dynamic _ -> Scaled.NOT;
      case Scaling.Linear(var factor) ->
          new Scaled(
              Map.of(
                  "rope.scaling.type", GgufValue.of("linear"),
                  "rope.scaling.factor", GgufValue.of(factor)),
              Map.of());
      case Scaling.Llama3 _ when factors -> byFactors(rotary);
      case Scaling.Yarn _ when factors -> byFactors(rotary);
      case Scaling.Yarn yarn
          when yarn.ramp().truncate() && !architecture.has(Trait.WINDOWS_OWN_BASE) ->
          new Scaled(yarn(yarn), Map.of());
      case Scaling.LongRope longRope when architecture.has(Trait.LONG_ROPE) -> longRope(longRope);
      default ->
          throw new UserException(
              "llama.cpp's %s cannot scale rotary frequencies by %s"
                  .formatted(architecture.name(), rotary.scaling().getClass().getSimpleName()));
    };
  }

  /** Any scaling, as what each frequency is divided by. */
  private static Scaled byFactors(RotarySpec rotary) {
    double[] plain = new RotarySpec(rotary.base(), rotary.dims(), new Scaling.None()).frequencies();
    double[] scaled = rotary.frequencies();
    float[] factors = new float[plain.length];
    for (int i = 0; i < factors.length; i++) {
      factors[i] = (float) (plain[i] / scaled[i]);
    }
    return new Scaled(
        Map.of("rope.scaling.attn_factor", GgufValue.of(rotary.scaling().attentionFactor())),
        Map.of("rope_freqs.weight", factors));
  }

  private static Map<String, GgufValue> yarn(Scaling.Yarn yarn) {
    // llama.cpp applies YaRN's usual attention factor by itself.
    double usual = yarn.factor() <= 1 ? 1 : 1 + 0.1 * Math.log(yarn.factor());
    return Map.of(
        "rope.scaling.type", GgufValue.of("yarn"),
        "rope.scaling.factor", GgufValue.of(yarn.factor()),
        "rope.scaling.original_context_length", GgufValue.of(yarn.ramp().originalPositions()),
        "rope.scaling.yarn_beta_fast", GgufValue.of(yarn.ramp().fast()),
        "rope.scaling.yarn_beta_slow", GgufValue.of(yarn.ramp().slow()),
        "rope.scaling.attn_factor", GgufValue.of(yarn.attentionFactor() / usual));
  }

  private static Scaled longRope(Scaling.LongRope scaling) {
    return new Scaled(
        Map.of(
            "rope.scaling.type", GgufValue.of("longrope"),
            "rope.scaling.original_context_length", GgufValue.of(scaling.originalPositions()),
            "rope.scaling.attn_factor", GgufValue.of(scaling.attentionFactor())),
        Map.of(
            "rope_factors_long.weight", floats(scaling.longFactors()),
            "rope_factors_short.weight", floats(scaling.shortFactors())));
  }

  private static float[] floats(List<Double> values) {
    float[] floats = new float[values.size()];
    IntStream.range(0, floats.length).forEach(i -> floats[i] = values.get(i).floatValue());
    return floats;
  }
}
