package io.github.drprune.model;

import static java.util.Locale.ROOT;

import io.github.drprune.model.AttentionSpec.Layer;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What sets models apart, as users name it. */
public enum Feature {
  SHARED_HEADS(
      "grouped-query attention",
      spec -> when(spec.groupSize() > 1, "%d query heads a key/value head", spec.groupSize())),
  OWN_HEAD_DIM(
      "head dim of its own",
      spec ->
          when(
              spec.hiddenSize() != spec.heads() * spec.headDim(),
              "head dim %d, which is not hidden size / heads",
              spec.headDim())),
  NORMS_AFTER(
      "norms after the halves",
      spec ->
          when(
              spec.has(TensorRole.AFTER_MLP_NORM),
              spec.has(TensorRole.MLP_NORM)
                  ? "norms before and after each half"
                  : "norms after each half, none before")),
  LAYER_NORM("LayerNorm", spec -> when(spec.norm().kind() == NormSpec.Kind.LAYER, "LayerNorm")),
  QUERY_KEY_NORM(
      "norms of queries and keys",
      spec ->
          spec.has(TensorRole.QUERY_NORM)
              ? Optional.of("norms of each query and key head")
              : when(
                  spec.has(TensorRole.JOINT_QUERY_NORM),
                  "norms of all queries and of all keys together")),
  WINDOW("window of attention", Feature::windows),
  NO_POSITIONS(
      "layers without positions",
      spec -> layers(spec, layer -> layer.rotary().isEmpty(), "%s without rotary positions")),
  TWO_ROTARY_BASES(
      "two rotary bases",
      spec ->
          rotaries(spec, RotarySpec::base)
              .filter(bases -> bases.size() > 1)
              .map(
                  bases ->
                      "rotary bases " + joined(bases, base -> String.format(ROOT, "%,.0f", base)))),
  PARTIAL_ROTARY(
      "parts of heads turned",
      spec ->
          rotaries(spec, RotarySpec::dims)
              .filter(dims -> !dims.equals(Set.of(spec.headDim())))
              .map(
                  dims ->
                      "%s of %d dimensions turn"
                          .formatted(joined(dims, String::valueOf), spec.headDim()))),
  ROTARY_SCALING(
      "rotary scaling",
      spec ->
          rotaries(spec, rotary -> rotary.scaling().getClass().getSimpleName().toLowerCase(ROOT))
              .map(types -> types.stream().filter(type -> !type.equals("none")).toList())
              .filter(types -> !types.isEmpty())
              .map(types -> "rotary scaling " + String.join(" and ", types))),
  ATTENTION_BIAS(
      "biases in attention",
      spec -> biases(spec, TensorRole.Place.ATTENTION, "biases in attention")),
  MLP_BIAS("biases in the MLP", spec -> biases(spec, TensorRole.Place.MLP, "biases in the MLP")),
  NO_GATE(
      "MLP without gate",
      spec ->
          when(!spec.has(TensorRole.GATE) && !spec.has(TensorRole.GATE_UP), "MLP without gate")),
  GELU(
      "GELU",
      spec ->
          when(
              spec.activation() == Activation.GELU || spec.activation() == Activation.GELU_TANH,
              "GELU")),
  FUSED(
      "fused matrices",
      spec ->
          when(
              spec.has(TensorRole.QUERY_KEY_VALUE) || spec.has(TensorRole.QUERY_KEY_VALUE_BY_HEAD),
              "fused matrices")),
  PARALLEL("parallel halves", spec -> when(spec.parallelResidual(), "parallel halves")),
  MULTIPLIERS("multipliers", Feature::multipliers),
  CAPS("soft caps", Feature::caps);

  private final String title;
  private final Function<ModelSpec, Optional<String>> words;

  Feature(String title, Function<ModelSpec, Optional<String>> words) {
    this.title = title;
    this.words = words;
  }

  /** A few words, for a table. */
  public String title() {
    return title;
  }

  /** How the model has it, or nothing where it does not. */
  public Optional<String> in(ModelSpec spec) {
    return words.apply(spec);
  }

  /** All that the model has, a line each. */
  public static List<String> of(ModelSpec spec) {
    return Arrays.stream(values()).flatMap(feature -> feature.in(spec).stream()).toList();
  }

  private static Optional<String> when(boolean holds, String words, Object... values) {
    return holds ? Optional.of(String.format(ROOT, words, values)) : Optional.empty();
  }

  private static Optional<String> windows(ModelSpec spec) {
    return spec.attention().layers().stream()
        .flatMapToInt(layer -> layer.window().stream())
        .boxed()
        .findFirst()
        .flatMap(
            window ->
                layers(
                    spec,
                    layer -> layer.window().isPresent(),
                    String.format(ROOT, "a window of %,d tokens in %%s", window)));
  }

  private static Optional<String> layers(ModelSpec spec, Predicate<Layer> chosen, String words) {
    long count = spec.attention().layers().stream().filter(chosen).count();
    String layers =
        count == spec.layers() ? "all layers" : "%d of %d layers".formatted(count, spec.layers());
    return when(count > 0, words, layers);
  }

  /** What the rotations of the layers that have positions are, each once. */
  private static <T extends Comparable<T>> Optional<Set<T>> rotaries(
      ModelSpec spec, Function<RotarySpec, T> part) {
    Set<T> parts =
        spec.attention().layers().stream()
            .flatMap(layer -> layer.rotary().stream())
            .map(part)
            .collect(Collectors.toCollection(TreeSet::new));
    return parts.isEmpty() ? Optional.empty() : Optional.of(parts);
  }

  private static <T> String joined(Set<T> values, Function<T, String> text) {
    return values.stream().map(text).collect(Collectors.joining(" and "));
  }

  private static Optional<String> biases(ModelSpec spec, TensorRole.Place place, String words) {
    return when(spec.biased().stream().anyMatch(role -> role.place() == place), words);
  }

  private static Optional<String> multipliers(ModelSpec spec) {
    Multipliers multipliers = spec.multipliers();
    double plain = 1 / Math.sqrt(spec.headDim());
    String words =
        Stream.of(
                part("embedding", multipliers.embedding(spec.hiddenSize()), 1),
                part("halves", multipliers.residual(), 1),
                part("scores", spec.attention().scale(), plain),
                part("logits", multipliers.logits(), 1))
            .flatMap(Optional::stream)
            .collect(Collectors.joining(", "));
    return when(!words.isEmpty(), "multiplied: %s", words);
  }

  private static Optional<String> part(String what, double factor, double plain) {
    return when(Math.abs(factor - plain) > 1e-9, "%s by %s", what, rounded(factor));
  }

  private static Optional<String> caps(ModelSpec spec) {
    String words =
        Stream.of(
                cap("scores", spec.attention().cap().stream().boxed().findFirst()),
                cap("logits", spec.multipliers().logitCap().stream().boxed().findFirst()))
            .flatMap(Optional::stream)
            .collect(Collectors.joining(", "));
    return when(!words.isEmpty(), "capped: %s", words);
  }

  private static Optional<String> cap(String what, Optional<Double> cap) {
    return cap.map(value -> what + " at " + rounded(value));
  }

  /** Four digits, without zeros at the end. */
  private static String rounded(double value) {
    return new BigDecimal(value).round(new MathContext(4)).stripTrailingZeros().toPlainString();
  }
}
