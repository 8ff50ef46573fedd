package io.github.drprune.json;

import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
import java.io.IOException;
import java.util.regex.Pattern;

/**
 * Refuses what YAML has beyond keys, lists and values: a tree made of it would hold an alias's name
 * for the value it stands for, drop a tag, or end at the first document. So are octal numbers,
 * which people who pad with zeros do not mean. Nothing grows here, so no file of aliases to aliases
 * can fill the memory.
 */
final class PlainYaml {
  private static final String MERGE = "<<";
  private static final Pattern LEADING_ZERO = Pattern.compile("[-+]?0[0-9_]+");

  private PlainYaml() {}

  /** Reads {@code yaml} token by token; {@code source} begins the error. */
  static void check(ObjectMapper mapper, String yaml, String source) throws IOException {
    try (var parser = (YAMLParser) mapper.createParser(yaml)) {
      int depth = 0;
      boolean ended = false;
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (ended) {
          throw refused(parser, source, "a second document; write one file for each");
        }
        checkMarks(parser, token, source);
        switch (token) {
          case START_OBJECT, START_ARRAY -> depth++;
          case END_OBJECT, END_ARRAY -> depth--;
          case FIELD_NAME -> {
            if (parser.currentName().equals(MERGE)) {
              throw refused(parser, source, "a merge key '<<'; write the keys out");
            }
          }
          case VALUE_NUMBER_INT -> {
            if (LEADING_ZERO.matcher(parser.getText()).matches()) {
              throw refused(
                  parser,
                  source,
                  "%s: YAML reads a number with a leading zero as octal; write it without, or in quotes if it is a text"
                      .formatted(parser.getText()));
            }
          }
          default -> {}
        }
        ended = depth == 0;
      }
    }
  }

  private static void checkMarks(YAMLParser parser, JsonToken token, String source)
      throws IOException {
    if (parser.isCurrentAlias()) {
      throw refused(
          parser,
          source,
          "an alias '*%s'; write the value itself (a text that begins with '*' in quotes)"
              .formatted(Printable.escaped(parser.getText())));
    }
    if (token != JsonToken.END_OBJECT && token != JsonToken.END_ARRAY) {
      if (parser.getObjectId() != null) {
        throw refused(
            parser,
            source,
            "an anchor '&%s'; leave it out (a text that begins with '&' in quotes)"
                .formatted(Printable.escaped(parser.getObjectId())));
      }
      if (parser.getTypeId() != null) {
        throw refused(
            parser,
            source,
            "a tag '!%s'; leave it out (a text that begins with '!' in quotes)"
                .formatted(Printable.escaped(parser.getTypeId())));
      }
    }
  }

  private static UserException refused(YAMLParser parser, String source, String what) {
    return new UserException(
        "%s:%d: %s".formatted(source, parser.currentTokenLocation().getLineNr(), what));
  }
}
