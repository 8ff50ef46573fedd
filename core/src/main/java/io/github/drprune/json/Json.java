package io.github.drprune.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.cfg.MapperBuilder;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.github.drprune.error.UserException;
import io.github.drprune.io.InputFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * JSON and YAML to and from records: keys in snake_case, unknown keys and values that a record's
 * constructor refuses are the user's mistakes, told in one line with the file and the key. Numbers
 * that are not finite are null in JSON, which is read as NaN.
 */
public final class Json {
  private static final String ADVICE = "name another file or make it anew";
  private static final ObjectMapper JSON =
      configured(
              JsonMapper.builder(
                  JsonFactory.builder()
                      .addDecorator((_, generator) -> new NullForNotFinite(generator))
                      .build()))
          .addModule(new SimpleModule().addDeserializer(double.class, new NaNForNull()))
          .build();
  private static final ObjectMapper YAML =
      configured(
              YAMLMapper.builder(
                      YAMLFactory.builder().stringQuotingChecker(new YamlQuotes()).build())
                  .enable(YAMLParser.Feature.EMPTY_STRING_AS_NULL) // not so of a factory's builder
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
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
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
    return read(InputFiles.text(file), type, file.toString());
  }

  /** Reads JSON into {@code type}; {@code source} names its origin in errors. */
  public static <T> T read(String json, Class<T> type, String source) {
    if (json.isBlank()) {
      throw new UserException(source + ": expected a JSON object, found nothing; " + ADVICE);
    }
    return present(parsed(source, () -> JSON.readValue(json, type)), type, source);
  }

  /** Reads JSON as a tree. */
  public static JsonNode tree(String json, String source) {
    return parsed(source, () -> JSON.readTree(json));
  }

  /** Reads YAML (of which JSON is a part) as a tree; an empty document is an empty object. */
  public static JsonNode yamlTree(String yaml, String source) {
    JsonNode tree =
        parsed(
            source,
            () -> {
              PlainYaml.check(YAML, yaml, source);
              return YAML.readTree(yaml);
            });
    return tree.isMissingNode() || tree.isNull() ? JSON.createObjectNode() : tree;
  }

  /** Turns a tree into {@code type}. */
  public static <T> T convert(JsonNode tree, Class<T> type, String source) {
    return present(parsed(source, () -> JSON.treeToValue(tree, type)), type, source);
  }

  /** What is read into {@link Object} may be null, as a value of any kind may. */
  private static <T> T present(T value, Class<T> type, String source) {
    if (value == null && type != Object.class) {
      throw new UserException(source + ": expected a JSON object, found null; " + ADVICE);
    }
    return value;
  }

  /** Turns a record into a tree. */
  public static JsonNode tree(Object value) {
    return JSON.valueToTree(value);
  }

  @FunctionalInterface
  private interface Processing<T> {
    T run() throws IOException;
  }

  private static <T> T parsed(String source, Processing<T> parsing) {
    try {
      return parsing.run();
    } catch (JsonProcessingException e) {
      throw JsonMistake.of(source, e);
    } catch (IOException e) {
      throw new AssertionError("text in memory cannot fail to be read", e);
    }
  }

  private static <T> T writing(Processing<T> writing) {
    try {
      return writing.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
