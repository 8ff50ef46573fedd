package io.github.drprune.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.InvalidTypeIdException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.type.TypeFactory;
import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
import java.util.Arrays;
import java.util.stream.Collectors;

/** What the parser found wrong, in the words of the file rather than in those of the library. */
final class JsonMistake {
  private JsonMistake() {}

  static UserException of(String source, JsonProcessingException e) {
    return switch (e) {
      case JsonMappingException mapping -> {
        String path = path(mapping);
        String key = path.isEmpty() ? "" : path + ": ";
        yield new UserException(
            "%s: %s"
                .formatted(
                    source,
                    mapping instanceof UnrecognizedPropertyException unknown
                        ? unknownKey(path, unknown)
                        : key + reason(mapping)),
            e);
      }
      case JsonEOFException _ -> new UserException(source + ": not valid: it ends too early", e);
      default -> {
        var location = e.getLocation();
        String where = location == null ? "" : ":" + location.getLineNr();
        yield new UserException(
            "%s%s: not valid: %s".formatted(source, where, plain(e.getOriginalMessage())), e);
      }
    };
  }

  private static String unknownKey(String path, UnrecognizedPropertyException e) {
    var known = e.getKnownPropertyIds().stream().map(String::valueOf).sorted().toList();
    return "unknown key %s%s"
        .formatted(Printable.quoted(path), Suggestion.among(e.getPropertyName(), known));
  }

  private static String reason(JsonMappingException e) {
    return switch (e) {
      case ValueInstantiationException refused
          when refused.getCause() instanceof NullPointerException ->
          "a value is missing or null";
      case ValueInstantiationException refused when refused.getCause() != null ->
          plain(refused.getCause().getMessage());
      case InvalidTypeIdException kind ->
          kind.getTypeId() == null
              ? "does not say of which kind it is"
              : "unknown kind " + Printable.quoted(kind.getTypeId());
      case InvalidFormatException format ->
          "expected %s, found %s"
              .formatted(
                  expected(format.getTargetType()),
                  Printable.quoted(String.valueOf(format.getValue())));
      case MismatchedInputException trailing
          when trailing.getOriginalMessage().startsWith("Trailing token") ->
          "more follows after the first value";
      case MismatchedInputException absent
          when absent.getOriginalMessage().startsWith("Cannot map `null`") ->
          "is missing; expected " + expected(absent.getTargetType());
      case MismatchedInputException mismatch when mismatch.getTargetType() != null ->
          "expected " + expected(mismatch.getTargetType());
      default -> plain(e.getOriginalMessage());
    };
  }

  private static String expected(Class<?> type) {
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .map(Object::toString)
          .collect(Collectors.joining(", ", "one of ", ""));
    }
    JavaType java = TypeFactory.defaultInstance().constructType(type);
    if (java.isCollectionLikeType() || java.isArrayType()) {
      return "a list";
    }
    return switch (type.getSimpleName()) {
      case "int", "Integer", "long", "Long" -> "a whole number";
      case "double", "Double", "float", "Float" -> "a number";
      case "boolean", "Boolean" -> "true or false";
      case "String" -> "text";
      default -> "keys with values";
    };
  }

  /** Without what the parser says about itself, its settings and the program's classes. */
  private static String plain(String message) {
    return String.valueOf(message)
        .lines()
        .filter(line -> !line.startsWith(" "))
        .collect(Collectors.joining(", "))
        .replaceAll("\\((?:start marker )?at \\[Source:[^]]*]\\)", "")
        .replaceAll(", from `[^`]*`", "")
        .strip();
  }

  private static String path(JsonMappingException e) {
    var path = new StringBuilder();
    for (var reference : e.getPath()) {
      if (reference.getFieldName() == null) {
        path.append('[').append(reference.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(reference.getFieldName());
      }
    }
    return path.toString();
  }
}
