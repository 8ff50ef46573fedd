package io.github.drprune.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.cfg.MapperBuilder;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * JSON and YAML to and from records: keys in snake_case, unknown keys and values that a record's
 * constructor refuses are the user's mistakes, told in one line with the file and the key.
 */
public final class Json {
  private static final ObjectMapper JSON = configured(JsonMapper.builder()).build();
  private static final ObjectMapper YAML =
      configured(
              YAMLMapper.builder()
                  .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                  .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                  .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS))
          .build();

  private Json() {}

  private static <M extends ObjectMapper, B extends MapperBuilder<M, B>> B configured(B builder) {
    return builder
        .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
        .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
        .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  }

  /** The JSON of a record, on one line. */
  public static String line(Object value) {
    return writing(() -> JSON.writeValueAsString(value));
  }

  /** The JSON of a record, indented, with a line feed at the end. */
  public static String pretty(Object value) {
    return writing(() -> JSON.writerWithDefaultPrettyPrinter().writeValueAsString(value) + "\n");
  }

  /** The YAML of a record. */
  public static String yaml(Object value) {
    return writing(() -> YAML.writeValueAsString(value));
  }

  /** Reads a JSON file into {@code type}. */
  public static <T> T read(Path file, Class<T> type) throws IOException {
    return read(Files.readString(file), type, file.toString());
  }

  /** Reads JSON into {@code type}; {@code source} names its origin in errors. */
  public static <T> T read(String json, Class<T> type, String source) {
    return parsed(source, () -> JSON.readValue(json, type));
  }

  /** Reads JSON as a tree. */
  public static JsonNode tree(String json, String source) {
    return parsed(source, () -> JSON.readTree(json));
  }

  /** Reads YAML (of which JSON is a part) as a tree; an empty document is an empty object. */
  public static JsonNode yamlTree(String yaml, String source) {
    JsonNode tree = parsed(source, () -> YAML.readTree(yaml));
    return tree.isMissingNode() || tree.isNull() ? JSON.createObjectNode() : tree;
  }

  /** Turns a tree into {@code type}. */
  public static <T> T convert(JsonNode tree, Class<T> type, String source) {
    return parsed(source, () -> JSON.treeToValue(tree, type));
  }

  /** Turns a record into a tree. */
  public static JsonNode tree(Object value) {
    return JSON.valueToTree(value);
  }

  @FunctionalInterface
  private interface Processing<T> {
    T run() throws JsonProcessingException;
  }

  private static <T> T parsed(String source, Processing<T> parsing) {
    try {
      return parsing.run();
    } catch (UnrecognizedPropertyException e) {
      var known = e.getKnownPropertyIds().stream().map(String::valueOf).sorted().toList();
      throw new UserException(
          "%s: unknown key '%s'%s"
              .formatted(source, path(e), Suggestion.among(e.getPropertyName(), known)),
          e);
    } catch (ValueInstantiationException e) {
      String message = e.getCause() == null ? e.getOriginalMessage() : e.getCause().getMessage();
      String at = path(e);
      throw new UserException(source + ": " + (at.isEmpty() ? "" : at + ": ") + message, e);
    } catch (JsonMappingException e) {
      String at = path(e);
      throw new UserException(
          source + ": " + (at.isEmpty() ? "" : at + ": ") + firstLine(e.getOriginalMessage()), e);
    } catch (JsonProcessingException e) {
      var location = e.getLocation();
      String where = location == null ? "" : ":" + location.getLineNr();
      throw new UserException(
          "%s%s: not valid: %s".formatted(source, where, firstLine(e.getOriginalMessage())), e);
    }
  }

  private static <T> T writing(Processing<T> writing) {
    try {
      return writing.run();
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
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

  private static String firstLine(String message) {
    return Printable.line(message);
  }
}
