package io.github.drprune.data.prepare;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;

/**
 * The characters of a JSON string (RFC 8259, section 7) in UTF-8, of which a parser has found that
 * it is well formed. Parsers hold a string whole.
 */
final class JsonStringReader extends Reader {
  private final Reader in;
  private final char[] buffer = new char[1 << 13];
  private int at;
  private int end;
  private boolean ended;

  /**
   * @param in begins behind the opening quote; it is not closed
   */
  JsonStringReader(InputStream in) {
    this.in = new InputStreamReader(in, UTF_8.newDecoder());
  }

  @Override
  public int read(char[] chars, int offset, int length) throws IOException {
    int given = 0;
    while (given < length && !ended) {
      char c = raw();
      if (c == '"') {
        ended = true;
      } else {
        chars[offset + given++] = c == '\\' ? escaped() : c;
      }
    }
    return given == 0 && ended && length > 0 ? -1 : given;
  }

  private char escaped() throws IOException {
    char c = raw();
    return switch (c) {
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        int code = 0;
        for (int i = 0; i < 4; i++) {
          code = 16 * code + Character.digit(raw(), 16);
        }
        yield (char) code;
      }
      default -> c;
    };
  }

  private char raw() throws IOException {
    if (at == end) {
      at = 0;
      end = in.read(buffer);
      if (end <= 0) {
        throw new IOException("a string is not closed");
      }
    }
    return buffer[at++];
  }

  @Override
  public void close() {}
}
