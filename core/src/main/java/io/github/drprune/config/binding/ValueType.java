package io.github.drprune.config.binding;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The types that a key of a configuration can have. */
public sealed interface ValueType {
  /** {@code int}, {@code long}, {@code double}, {@code boolean}, String, Path or an enum. */
  record Scalar(Class<?> type) implements ValueType {}

  record OptionalOf(ValueType of) implements ValueType {}

  record ListOf(ValueType of) implements ValueType {}

  /** Values by name, for instance a number per domain. */
  record MapOf(ValueType of) implements ValueType {}

  /** Keys of its own. */
  record Nested(Class<? extends Record> type) implements ValueType {}

  /** The type of a record's component; one that no key can have is a mistake in the program. */
  static ValueType of(Type type) {
    return switch (type) {
      case ParameterizedType parameterized -> {
        var arguments = parameterized.getActualTypeArguments();
        var last = of(arguments[arguments.length - 1]);
        if (parameterized.getRawType() == Optional.class) {
          yield new OptionalOf(last);
        } else if (parameterized.getRawType() == List.class) {
          yield new ListOf(last);
        } else if (parameterized.getRawType() == Map.class && arguments[0] == String.class) {
          yield new MapOf(last);
        }
        throw new IllegalStateException("a key cannot be of type " + type);
      }
      case Class<?> plain when plain.isRecord() -> new Nested(plain.asSubclass(Record.class));
      case Class<?> plain when plain.isEnum() -> new Scalar(plain);
      case Class<?> plain -> new Scalar(unboxed(plain));
      default -> throw new IllegalStateException("a key cannot be of type " + type);
    };
  }

  private static Class<?> unboxed(Class<?> type) {
    return switch (type.getSimpleName()) {
      case "int", "Integer" -> int.class;
      case "long", "Long" -> long.class;
      case "double", "Double" -> double.class;
      case "boolean", "Boolean" -> boolean.class;
      case "String" -> String.class;
      case "Path" -> Path.class;
      default -> throw new IllegalStateException("a key cannot be of type " + type);
    };
  }

  /** What is inside an {@code Optional}; any other type itself. */
  default ValueType unwrapped() {
    return this instanceof OptionalOf(var of) ? of : this;
  }

  /** The type in words for people. */
  default String describe() {
    return switch (this) {
      case Scalar(var type) when type.isEnum() -> "one of " + String.join(", ", names(type));
      case Scalar(var type) ->
          switch (type.getSimpleName()) {
            case "int", "long" -> "whole number";
            case "double" -> "number";
            case "boolean" -> "true or false";
            case "Path" -> "path";
            default -> "text";
          };
      case OptionalOf(var of) -> of.describe();
      case ListOf(var of) -> "list: " + of.describe();
      case MapOf(var of) -> of.describe() + " by domain";
      case Nested _ -> "keys of its own";
    };
  }

  /** An enum's constants as a configuration writes them. */
  static List<String> names(Class<?> enumType) {
    return Arrays.stream(enumType.getEnumConstants())
        .map(constant -> nameOf((Enum<?>) constant))
        .collect(Collectors.toList());
  }

  static String nameOf(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
