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

  /** The record is a JSON object, one field of it the text. */
  record JsonField(JsonFactory factory, String field) implements RecordDecoder {
    /** Fields of a record without the wanted one that are named to the user. */
    private static final int SHOWN = 5;

    JsonField(String field) {
      this(
          JsonFactory.builder()
              // What is behind a record goes on being read.
              .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
              .build(),
          field);
    }

    /** Makes something of a token. */
    @FunctionalInterface
    private interface Value<T> {
      T of(JsonParser parser) throws IOException;
    }

    @Override
    public String text(byte[] bytes, int from, int to) throws MalformedRecord {
      try (var parser = factory.createParser(bytes, from, to - from)) {
        return read(parser, JsonParser::getText).orElse("");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /**
     * Checks a record read as a stream, in bounded memory.
     *
     * @return how many bytes lie before the opening quote of the text; -1 where the record is blank
     */
    long quote(InputStream record) throws IOException, MalformedRecord {
      try (var parser = factory.createParser(record)) {
        return read(parser, at -> at.currentTokenLocation().getByteOffset()).orElse(-1L);
      }
    }

    /** What {@code value} makes of the text's token; empty where the record is blank. */
    private <T> Optional<T> read(JsonParser parser, Value<T> value)
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
        T text = textOf(parser, value);
        if (parser.nextToken() != null) {
          throw new MalformedRecord("more than one JSON value on the line");
        }
        return Optional.of(text);
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

    private <T> T textOf(JsonParser parser, Value<T> reader) throws IOException, MalformedRecord {
      T text = null;
      var others = new ArrayList<String>();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean wanted = parser.currentName().equals(field);
        var value = parser.nextToken();
        if (!wanted) {
          if (others.size() < SHOWN) {
            others.add(parser.currentName());
          }
          parser.skipChildren();
        } else if (value == JsonToken.VALUE_STRING) {
          text = reader.of(parser);
        } else {
          throw new MalformedRecord("field '%s' is not a string".formatted(field));
        }
      }
      if (text == null) {
        throw new MalformedRecord(
            "no field '%s' but %s; name the field of the text".formatted(field, others));
      }
      return text;
    }
  }
}
