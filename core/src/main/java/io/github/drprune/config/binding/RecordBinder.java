package io.github.drprune.config.binding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import io.github.drprune.error.UserException;
import io.github.drprune.io.SuffixedNumber;
import io.github.drprune.json.Json;
import io.github.drprune.json.Suggestion;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * From a tree of keys and values to a record of {@link Key}s. Texts are read as the key's type, as
 * defaults and values of the command line are texts.
 */
final class RecordBinder {
  private final List<ConfigKey> allKeys;
  private final UnaryOperator<String> originOf;

  /**
   * @param allKeys of the whole configuration, for suggestions
   * @param originOf where the value of a dotted key was written, to begin errors with
   */
  RecordBinder(List<ConfigKey> allKeys, UnaryOperator<String> originOf) {
    this.allKeys = allKeys;
    this.originOf = originOf;
  }

  /** Binds the object {@code tree} found under {@code prefix} ("" or ending in a dot). */
  <T extends Record> T bind(Class<T> type, JsonNode tree, String prefix) {
    return bind(type, tree, prefix, Map.of());
  }

  private <T extends Record> T bind(
      Class<T> type, JsonNode tree, String prefix, Map<String, String> defaults) {
    Set<String> names = new HashSet<>();
    collectNames(type, names);
    for (var entry : tree.properties()) {
      if (!names.contains(entry.getKey())) {
        throw refused(
            prefix + entry.getKey(), "unknown key" + suggestion(prefix, entry.getKey(), names));
      }
    }
    return construct(type, tree, prefix, following(type, tree, defaults));
  }

  /** With the defaults that follow from a value that is given. */
  private static Map<String, String> following(
      Class<? extends Record> type, JsonNode tree, Map<String, String> defaults) {
    var where = type.getAnnotation(DefaultsWhere.class);
    return where != null && tree.path(where.key()).asText().equals(where.value())
        ? ConfigKey.under(defaults, where.defaults())
        : defaults;
  }

  private static void collectNames(Class<? extends Record> type, Set<String> names) {
    for (var component : type.getRecordComponents()) {
      if (ConfigKey.isInline(component)) {
        collectNames(component.getType().asSubclass(Record.class), names);
      } else {
        names.add(ConfigKey.name(component));
      }
    }
  }

  private String suggestion(String prefix, String name, Set<String> siblings) {
    return allKeys.stream()
        .map(ConfigKey::path)
        .filter(path -> path.endsWith("." + name))
        .findFirst()
        .map(path -> " (did you mean '" + path + "'?)")
        .orElseGet(
            () ->
                Suggestion.among(
                    prefix + name,
                    siblings.stream().sorted().map(sibling -> prefix + sibling).toList()));
  }

  private <T extends Record> T construct(
      Class<T> type, JsonNode tree, String prefix, Map<String, String> defaults) {
    var components = type.getRecordComponents();
    var types = new Class<?>[components.length];
    var values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      values[i] =
          ConfigKey.isInline(components[i])
              ? construct(
                  components[i].getType().asSubclass(Record.class),
                  tree,
                  prefix,
                  ConfigKey.defaultsWithin(components[i], defaults))
              : checked(components[i], tree, prefix, defaults);
    }
    try {
      return type.getDeclaredConstructor(types).newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException mistake) {
        throw refused(prefix, mistake);
      }
      throw new IllegalStateException(type + " failed", e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type + " must be a public record", e);
    }
  }

  private Object checked(
      RecordComponent component, JsonNode tree, String prefix, Map<String, String> defaults) {
    Object value = component(component, tree, prefix, defaults);
    try {
      Bounds.check(ConfigKey.name(component), ConfigKey.keyOf(component), value);
      return value;
    } catch (IllegalArgumentException mistake) {
      throw refused(prefix, mistake);
    }
  }

  private Object component(
      RecordComponent component, JsonNode tree, String prefix, Map<String, String> defaults) {
    String path = prefix + ConfigKey.name(component);
    var type = ValueType.of(component.getGenericType());
    var node = tree.get(ConfigKey.name(component));
    if (isGiven(node)) {
      return value(type, node, path, ConfigKey.defaultsBelow(component, defaults));
    }
    String text = ConfigKey.defaultOf(component, defaults);
    if (!text.isEmpty()) {
      return value(type, new TextNode(text), path, Map.of());
    }
    return switch (type) {
      case ValueType.Nested(var nested) ->
          bind(
              nested,
              JsonNodeFactory.instance.objectNode(),
              path + ".",
              ConfigKey.defaultsBelow(component, defaults));
      case ValueType.OptionalOf _ -> Optional.empty();
      case ValueType.ListOf _ -> List.of();
      case ValueType.MapOf _ -> Map.of();
      case ValueType.Scalar _ ->
          throw refused(
              path,
              "is missing; set it as "
                  + path
                  + "=... "
                  + "("
                  + ConfigKey.keyOf(component).doc()
                  + ")");
    };
  }

  /** Not so {@code key:} and {@code key: null} in a file, {@code --set key=} at the command. */
  static boolean isGiven(JsonNode node) {
    return node != null && !node.isNull() && !(node.isTextual() && node.textValue().isEmpty());
  }

  private Object value(ValueType type, JsonNode node, String path, Map<String, String> defaults) {
    return switch (type) {
      case ValueType.Scalar(var scalar) -> scalar(scalar, node, path);
      case ValueType.OptionalOf(var of) -> Optional.of(value(of, node, path, defaults));
      case ValueType.Nested(var nested) -> {
        if (!node.isObject()) {
          throw unexpected(path, "keys of its own", node);
        }
        yield bind(nested, node, path + ".", defaults);
      }
      case ValueType.ListOf(var of) -> {
        var list = structured(node, path);
        if (!list.isArray()) {
          throw unexpected(path, "a list as [a, b]", node);
        }
        List<Object> values = new ArrayList<>();
        list.forEach(element -> values.add(value(of, element, path, Map.of())));
        yield List.copyOf(values);
      }
      case ValueType.MapOf(var of) -> {
        var map = structured(node, path);
        if (!map.isObject()) {
          throw unexpected(path, "values by name as {a: 1, b: 2}", node);
        }
        Map<String, Object> values = new LinkedHashMap<>();
        map.properties()
            .forEach(
                entry ->
                    values.put(
                        entry.getKey(),
                        value(of, entry.getValue(), path + "." + entry.getKey(), Map.of())));
        yield Collections.unmodifiableMap(values);
      }
    };
  }

  /** A text that stands for a list or a map, as defaults and the command line write it. */
  private JsonNode structured(JsonNode node, String path) {
    return node.isTextual() ? Json.yamlTree(node.textValue(), originOf.apply(path) + path) : node;
  }

  private Object scalar(Class<?> type, JsonNode node, String path) {
    if (type.isEnum()) {
      return constant(type, node, path);
    }
    return switch (type.getSimpleName()) {
      case "int" -> Math.toIntExact(whole(number(node, path), node, path, Integer.MAX_VALUE));
      case "long" -> whole(count(node, path), node, path, Long.MAX_VALUE);
      case "double" -> number(node, path).doubleValue();
      case "boolean" -> {
        if (!List.of("true", "false").contains(node.asText())) {
          throw unexpected(path, "true or false", node);
        }
        yield Boolean.valueOf(node.asText());
      }
      case "Path" -> {
        try {
          yield Path.of(text(node, path));
        } catch (InvalidPathException e) {
          throw unexpected(path, "a path", node);
        }
      }
      default -> text(node, path);
    };
  }

  private Object constant(Class<?> type, JsonNode node, String path) {
    for (Object constant : type.getEnumConstants()) {
      if (node.isTextual() && ValueType.nameOf((Enum<?>) constant).equals(node.textValue())) {
        return constant;
      }
    }
    throw refused(
        path,
        "%s is not possible%s"
            .formatted(shown(node), Suggestion.among(node.asText(), ValueType.names(type))));
  }

  private long whole(BigDecimal number, JsonNode node, String path, long highest) {
    try {
      long value = number.longValueExact();
      if (value < -highest - 1 || value > highest) {
        throw unexpected(
            path, "a whole number from %d to %d".formatted(-highest - 1, highest), node);
      }
      return value;
    } catch (ArithmeticException e) {
      throw unexpected(path, "a whole number of 64 bits", node);
    }
  }

  /** A number that may be written as 81M. */
  private BigDecimal count(JsonNode node, String path) {
    try {
      return SuffixedNumber.parse(node.asText());
    } catch (NumberFormatException e) {
      throw unexpected(path, "a number", node);
    }
  }

  private BigDecimal number(JsonNode node, String path) {
    try {
      return new BigDecimal(node.asText().strip());
    } catch (NumberFormatException e) {
      throw unexpected(path, "a number", node);
    }
  }

  private String text(JsonNode node, String path) {
    if (!node.isTextual()) {
      throw unexpected(path, "text (a number or truth value in quotes)", node);
    }
    return node.textValue();
  }

  private UserException unexpected(String path, String expected, JsonNode found) {
    return refused(path, "expected %s, found %s".formatted(expected, shown(found)));
  }

  private static String shown(JsonNode node) {
    if (node.isObject()) {
      return "keys of its own";
    }
    return node.isArray() ? "a list" : "'" + node.asText() + "'";
  }

  /** Such a mistake begins with the key that is wrong. */
  private UserException refused(String prefix, IllegalArgumentException mistake) {
    String[] keyAndReason = mistake.getMessage().split(": ", 2);
    return refused(prefix + keyAndReason[0], keyAndReason[1]);
  }

  private UserException refused(String path, String why) {
    return UserException.at(path, why).in(originOf.apply(path));
  }
}
