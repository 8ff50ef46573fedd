package io.github.drprune.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the JSON of a checkpoint's files token by token, because a tree would let pass what they
 * must not hold: a key twice, numbers that are not whole, bytes that are not UTF-8. Whatever is not
 * as expected is refused with a {@link UserException} that names the file.
 */
final class StrictJson implements AutoCloseable {
  private static final int MAX_DEPTH = 8;

  // Without canonical names no file can make the parser fail by names of equal hash.
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
          .build();

  private final Path file;
  private final String part;
  private final JsonParser parser;

  private StrictJson(Path file, String part, JsonParser parser) {
    this.file = file;
    this.part = part;
    this.parser = parser;
  }

  @FunctionalInterface
  interface Document<T> {
    T read(StrictJson json) throws IOException;
  }

  @FunctionalInterface
  interface Field {
    /** Reads the value of {@code key}, whose first token is the current one, to its end. */
    void read(String key) throws IOException;
  }

  /** Reads the one JSON value in {@code utf8}, which is the {@code part} of {@code file}. */
  static <T> T read(Path file, String part, ByteBuffer utf8, Document<T> document) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
    } catch (CharacterCodingException e) {
      throw new UserException("%s: the %s is not UTF-8 text".formatted(file, part), e);
    }
    try (var json = new StrictJson(file, part, FACTORY.createParser(text))) {
      json.parser.nextToken();
      T value = document.read(json);
      if (json.parser.nextToken() != null) {
        throw json.refused("more follows its JSON object");
      }
      return value;
    } catch (JsonProcessingException e) {
      String reason =
          e.getOriginalMessage().lines().findFirst().orElse("").replaceAll("\\p{C}", "?");
      throw new UserException("%s: the %s is not valid JSON: %s".formatted(file, part, reason), e);
    } catch (IOException e) {
      throw new AssertionError("text in memory cannot fail to be read", e);
    }
  }

  /** Reads an object, handing each of its fields to {@code field}. */
  void object(String what, Field field) throws IOException {
    expect(JsonToken.START_OBJECT, what, "an object");
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      parser.nextToken();
      field.read(key);
    }
  }

  String string(String what) throws IOException {
    expect(JsonToken.VALUE_STRING, what, "a string");
    return parser.getText();
  }

  /** Reads an array of at most {@code limit} whole numbers in the range of a long. */
  List<Long> longs(String what, int limit) throws IOException {
    expect(JsonToken.START_ARRAY, what, "an array of whole numbers");
    List<Long> numbers = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      expect(JsonToken.VALUE_NUMBER_INT, what, "an array of whole numbers");
      if (numbers.size() == limit) {
        throw refused("%s has more than %d numbers".formatted(what, limit));
      }
      if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
        throw refused("%s has a number beyond 64 bits".formatted(what));
      }
      numbers.add(parser.getLongValue());
    }
    return numbers;
  }

  /** Passes over the current value. */
  void skip() throws IOException {
    parser.skipChildren();
  }

  UserException refused(String why) {
    return new UserException("%s: the %s is not valid: %s".formatted(file, part, why));
  }

  private void expect(JsonToken token, String what, String description) {
    if (parser.currentToken() != token) {
      throw refused(
          "%s: expected %s, found %s".formatted(what, description, found(parser.currentToken())));
    }
  }

  private static String found(JsonToken token) {
    return switch (token) {
      case null -> "nothing";
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_STRING -> "a string";
      case VALUE_NUMBER_INT -> "a whole number";
      case VALUE_NUMBER_FLOAT -> "a number that is not whole";
      case VALUE_TRUE, VALUE_FALSE -> "a truth value";
      case VALUE_NULL -> "null";
      case END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE -> token.name();
    };
  }

  @Override
  public void close() throws IOException {
    parser.close();
  }
}
