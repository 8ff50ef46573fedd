package io.github.drprune.data.prepare;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Turns a record's bytes into its document's text; for any number of threads. */
sealed interface RecordDecoder {
  /** The text of bytes [from, to), empty where the record is blank. */
  String text(byte[] bytes, int from, int to) throws MalformedRecord;

  /** The whole record is text. */
  record Utf8() implements RecordDecoder {
    @Override
    public String text(byte[] bytes, int from, int to) throws MalformedRecord {
      var buffer = ByteBuffer.wrap(bytes, from, to - from);
      try {
        return StandardCharsets.UTF_8.newDecoder().decode(buffer).toString();
      } catch (CharacterCodingException e) {
        throw new MalformedRecord("invalid UTF-8 at byte " + (buffer.position() - from + 1));
      }
    }
  }

  /**
   * The record is a JSON object, one field of it the text.
   *
   * @param domainField the field that names the domain; null where none does
   */
  record JsonField(JsonFactory factory, String field, String domainField) implements RecordDecoder {
    /** Fields of a record without the wanted one that are named to the user. */
    private static final int SHOWN = 5;

    /**
     * What is wanted of a record.
     *
     * @param text the text, or where it begins
     * @param domain null where records name none
     */
    record Found<T>(T text, String domain) {}

    JsonField(String field, Optional<String> domainField) {
      this(
          JsonFactory.builder()
              // What is behind a record goes on being read.
              .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
              .build(),
          field,
          domainField.orElse(null));
    }

    /** Makes something of a token. */
    @FunctionalInterface
    private interface Value<T> {
      T of(JsonParser parser) throws IOException;
    }

    @Override
    public String text(byte[] bytes, int from, int to) throws MalformedRecord {
      return document(bytes, from, to).map(Found::text).orElse("");
    }

    /** The text of bytes [from, to) and its domain; empty where the record is blank. */
    Optional<Found<String>> document(byte[] bytes, int from, int to) throws MalformedRecord {
      try (var parser = factory.createParser(bytes, from, to - from)) {
        return read(parser, JsonParser::getText);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /**
     * Checks a record read as a stream, in bounded memory.
     *
     * @return how many bytes lie before the opening quote of the text, and its domain; empty where
     *     the record is blank
     */
    Optional<Found<Long>> quote(InputStream record) throws IOException, MalformedRecord {
      try (var parser = factory.createParser(record)) {
        return read(parser, at -> at.currentTokenLocation().getByteOffset());
      }
    }

    /** What {@code value} makes of the text's token; empty where the record is blank. */
    private <T> Optional<Found<T>> read(JsonParser parser, Value<T> value)
        throws IOException, MalformedRecord {
      try {
        var start = parser.nextToken();
        if (start == null) {
          return Optional.empty();
        }
        if (start != JsonToken.START_OBJECT) {
          throw new MalformedRecord(
              start == JsonToken.START_ARRAY
                  ? "not a JSON object but an array; write an object a line (jq -c '.[]' does)"
                  : "not a JSON object");
        }
        var search = new Search<>(parser, value);
        search.object(
            new FieldPath(field), domainField == null ? null : new FieldPath(domainField));
        if (parser.nextToken() != null) {
          throw new MalformedRecord("more than one JSON value on the line");
        }
        return Optional.of(search.found());
      } catch (CharConversionException e) {
        throw new MalformedRecord("not UTF-8 text");
      } catch (JsonProcessingException e) {
        throw new MalformedRecord(
            "column %d: %s"
                .formatted(
                    e.getLocation() == null ? 1 : e.getLocation().getColumnNr(),
                    e.getOriginalMessage()
                        .lines()
                        .findFirst()
                        .orElse("not JSON")
                        .replaceAll(", from `[^`]*`", "")));
      }
    }

    /** Goes through a record once. */
    private final class Search<T> {
      private final JsonParser parser;
      private final Value<T> value;
      private final List<String> others = new ArrayList<>();
      private T text;
      private String domain;

      private Search(JsonParser parser, Value<T> value) {
        this.parser = parser;
        this.value = value;
      }

      /**
       * Goes through the object that has begun.
       *
       * @param toText null where the text is not in it
       * @param toDomain null where the domain's name is not in it
       */
      private void object(FieldPath toText, FieldPath toDomain)
          throws IOException, MalformedRecord {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String name = parser.currentName();
          var token = parser.nextToken();
          FieldPath text = toText == null ? null : toText.behind(name);
          FieldPath domain = toDomain == null ? null : toDomain.behind(name);
          if (text != null && text.isReached()) {
            requireString(token, field);
            this.text = value.of(parser);
          } else if (domain != null && domain.isReached()) {
            requireString(token, domainField);
            this.domain = parser.getText();
          } else if (token == JsonToken.START_OBJECT && (text != null || domain != null)) {
            object(text, domain);
          } else {
            if (others.size() < SHOWN) {
              others.add(name);
            }
            parser.skipChildren();
          }
        }
      }

      private void requireString(JsonToken token, String path) throws MalformedRecord {
        if (token != JsonToken.VALUE_STRING) {
          throw new MalformedRecord("field '%s' is not a string".formatted(path));
        }
      }

      private Found<T> found() throws MalformedRecord {
        if (text == null) {
          throw new MalformedRecord(
              "no field '%s' but %s; name the field of the text".formatted(field, others));
        }
        return new Found<>(
            text, domainField == null ? null : DomainName.ofRecord(domain, domainField));
      }
    }
  }
}
