package io.github.drprune.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.config.binding.ConfigKey;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.config.binding.ValueType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class ConfigRoundTripTest {
  private static final List<String> REQUIRED =
      List.of("model=m", "data=d", "output=o", "steps=1", "target.sparsity=0.5");

  /** One assignment of a value that the key allows. */
  @Provide
  Arbitrary<String> assignments() {
    var keys =
        ConfigKey.of(PruneConfig.class).stream()
            .filter(key -> !key.path().startsWith("target.") && !key.path().endsWith("_batch"))
            .toList();
    return Arbitraries.of(keys)
        .flatMap(key -> value(key, key.type()).map(value -> key.path() + "=" + value));
  }

  private static Arbitrary<String> value(ConfigKey key, ValueType type) {
    double low = Math.max(key.key().min(), key.key().above());
    double high = Math.min(key.key().max(), key.key().below());
    return switch (type) {
      case ValueType.Scalar(var scalar) when scalar.isEnum() ->
          Arbitraries.of(ValueType.names(scalar));
      case ValueType.Scalar(var scalar) ->
          switch (scalar.getSimpleName()) {
            case "int" ->
                Arbitraries.integers()
                    .between((int) Math.max(low, 1), 1 << 30)
                    .map(String::valueOf);
            case "long" -> Arbitraries.longs().map(String::valueOf);
            case "double" ->
                Arbitraries.doubles()
                    .between(Math.max(low, 0), false, Math.min(high, 1e6), false)
                    .ofScale(9)
                    .map(String::valueOf);
            case "boolean" -> Arbitraries.of("true", "false");
            case "Path" ->
                Arbitraries.strings()
                    .excludeChars('\0')
                    .filter(text -> !text.isBlank() && !text.codePoints().anyMatch(c -> c < 32));
            default -> Arbitraries.of("auto", "cpu", "cuda", "cuda:12");
          };
      case ValueType.OptionalOf(var of) -> value(key, of);
      case ValueType.ListOf(var of) ->
          value(key, of).list().ofMinSize(1).ofMaxSize(3).map(Object::toString);
      case ValueType.MapOf(var of) ->
          Arbitraries.of("{wiki: 0.5, web: 0.5}", "{\"a.b\": 1}", "{}", "{\"1e3\": 0.25}");
      case ValueType.Nested _ -> throw new AssertionError("keys are not nested");
    };
  }

  /** The resolved configuration of any run reads back to an equal record. */
  @Property(tries = 300)
  void theResolvedConfigurationReadsBack(@ForAll("assignmentLists") List<String> assignments)
      throws IOException {
    List<String> sets = new ArrayList<>(REQUIRED);
    sets.addAll(assignments);
    sets.add("domains.caps="); // whatever floors were drawn
    var config = ConfigLoader.load(Optional.empty(), sets, PruneConfig.class);
    Path file = Files.createTempFile("config", ".yaml");
    try {
      Files.writeString(file, ConfigLoader.yaml(config));
      assertThat(ConfigLoader.load(Optional.of(file), List.of(), PruneConfig.class))
          .isEqualTo(config);
    } finally {
      Files.delete(file);
    }
  }

  @Provide
  Arbitrary<List<String>> assignmentLists() {
    return assignments().list().ofMaxSize(10);
  }
}
