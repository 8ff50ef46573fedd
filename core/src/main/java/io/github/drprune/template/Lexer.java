package io.github.drprune.template;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Splits a template into tokens, with the rules of jinja2's lexer on white space around tags: what
 * {@code -} and {@code +} beside a delimiter do, and trimming of blocks.
 */
final class Lexer {
  private static final Pattern RAW_BEGIN = Pattern.compile("\\{%[-+]?\\s*raw\\s*(-%}\\s*|%})");
  private static final Pattern RAW_END =
      Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(\\+%}|-%}\\s*|%})");
  private static final Pattern FLOAT =
      Pattern.compile(
          "(?<!\\.)(\\d+_)*\\d+((\\.(\\d+_)*\\d+)?[eE][+-]?(\\d+_)*\\d+|\\.(\\d+_)*\\d+)");
  private static final Pattern INTEGER =
      Pattern.compile("0[bB](_?[01])+|0[oO](_?[0-7])+|0[xX](_?[\\da-fA-F])+|[1-9](_?\\d)*|0(_?0)*");
  private static final Pattern NAME = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);
  private static final List<String> OPERATORS =
      List.of(
          "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{",
          "}", ">", "<", "=", ".", ":", "|", ",", ";");

  private final String source;
  private final TemplateOptions options;
  private final List<Token> tokens = new ArrayList<>();
  private int position;
  private int line = 1;
  private boolean atLineStart = true; // the last tag ended with a line feed

  private Lexer(String source, TemplateOptions options) {
    this.source = source;
    this.options = options;
  }

  static List<Token> tokens(String source, TemplateOptions options) {
    String text = source.replace("\r\n", "\n").replace('\r', '\n');
    if (!options.keepTrailingNewline() && text.endsWith("\n")) {
      text = text.substring(0, text.length() - 1);
    }
    var lexer = new Lexer(text, options);
    while (lexer.position < text.length()) {
      lexer.untilNextTag();
    }
    lexer.add(Token.Type.END, "");
    return lexer.tokens;
  }

  private void add(Token.Type type, Object value) {
    tokens.add(new Token(type, value, line));
  }

  private TemplateException mistake(String problem) {
    return new TemplateException(TemplateException.Reason.SYNTAX, problem, line);
  }

  /** Moves to {@code end}, counting lines. */
  private void advance(int end) {
    for (; position < end; position++) {
      if (source.charAt(position) == '\n') {
        line++;
      }
    }
  }

  private void untilNextTag() {
    int tag = position;
    while (tag < source.length() && !isTag(tag)) {
      tag++;
    }
    if (tag == source.length()) {
      add(Token.Type.DATA, source.substring(position));
      advance(tag);
      return;
    }
    char kind = source.charAt(tag + 1);
    data(tag, signAt(tag + 2), kind != '{');
    switch (kind) {
      case '#' -> comment(tag);
      case '{' -> expression(tag, Token.Type.VARIABLE_BEGIN, Token.Type.VARIABLE_END, "}}");
      default -> {
        Matcher raw = RAW_BEGIN.matcher(source).region(tag, source.length());
        if (raw.lookingAt()) {
          raw(raw.end());
        } else {
          expression(tag, Token.Type.BLOCK_BEGIN, Token.Type.BLOCK_END, "%}");
        }
      }
    }
  }

  private boolean isTag(int at) {
    return source.charAt(at) == '{'
        && at + 1 < source.length()
        && "{%#".indexOf(source.charAt(at + 1)) >= 0;
  }

  /** The sign at {@code at}, or a space. */
  private char signAt(int at) {
    return at < source.length() && "-+".indexOf(source.charAt(at)) >= 0 ? source.charAt(at) : ' ';
  }

  /** The text up to a tag, without the spaces that the tag takes away. */
  private void data(int end, char sign, boolean isBlock) {
    String text = source.substring(position, end);
    if (sign == '-') {
      text = PyStrings.rightStripped(text);
    } else if (sign != '+' && isBlock && options.lstripBlocks()) {
      int lineStart = text.lastIndexOf('\n') + 1;
      if ((lineStart > 0 || atLineStart) && PyStrings.isBlank(text.substring(lineStart))) {
        text = text.substring(0, lineStart);
      }
    }
    if (!text.isEmpty()) {
      add(Token.Type.DATA, text);
    }
    advance(end);
  }

  private void comment(int tag) {
    int start = tag + 2 + (signAt(tag + 2) == ' ' ? 0 : 1);
    int end = source.indexOf("#}", start);
    if (end < 0) {
      throw mistake("a comment has no end; close it with '#}'");
    }
    endTag(end + 2, end > start ? signAt(end - 1) : ' ', true);
  }

  private void raw(int start) {
    advance(start);
    Matcher end = RAW_END.matcher(source);
    if (!end.find(start)) {
      throw mistake("a raw block has no end; close it with '{% endraw %}'");
    }
    atLineStart = source.charAt(start - 1) == '\n';
    data(end.start(), end.group(1).isEmpty() ? ' ' : end.group(1).charAt(0), true);
    char sign = end.group(2).charAt(0);
    int close = source.indexOf("%}", end.start() + 2) + 2;
    endTag(close, sign == '%' ? ' ' : sign, true);
  }

  /** Leaves a tag that ends at {@code end}. */
  private void endTag(int end, char sign, boolean isBlock) {
    int after = end;
    if (sign == '-') {
      while (after < source.length() && PyStrings.isSpace(source.charAt(after))) {
        after++;
      }
    } else if (sign != '+'
        && isBlock
        && options.trimBlocks()
        && after < source.length()
        && source.charAt(after) == '\n') {
      after++;
    }
    advance(after);
    atLineStart = source.charAt(after - 1) == '\n';
  }

  private void expression(int tag, Token.Type begin, Token.Type end, String close) {
    add(begin, source.substring(tag, tag + 2));
    int start = line;
    advance(tag + 2 + (signAt(tag + 2) == ' ' ? 0 : 1));
    Deque<Character> open = new ArrayDeque<>();
    while (position < source.length()) {
      char c = source.charAt(position);
      if (PyStrings.isSpace(c)) {
        advance(position + 1);
        continue;
      }
      if (open.isEmpty()) {
        char sign = c == '-' || (c == '+' && end == Token.Type.BLOCK_END) ? c : ' ';
        int closing = sign == ' ' ? position : position + 1;
        if (source.startsWith(close, closing)) {
          add(end, close);
          endTag(closing + 2, sign, end == Token.Type.BLOCK_END);
          return;
        }
      }
      literalOrOperator(c, open);
    }
    line = start;
    throw mistake("a tag has no end; close it with '" + close + "'");
  }

  private void literalOrOperator(char c, Deque<Character> open) {
    if (c == '"' || c == '\'') {
      string(c);
      return;
    }
    Matcher matcher = FLOAT.matcher(source).region(position, source.length());
    matcher.useTransparentBounds(true);
    if (matcher.lookingAt()) {
      add(Token.Type.NUMBER, Double.valueOf(matcher.group().replace("_", "")));
    } else if (matcher.usePattern(INTEGER).lookingAt()) {
      add(Token.Type.NUMBER, integer(matcher.group().replace("_", "")));
    } else if (matcher.usePattern(NAME).lookingAt()) {
      if (!Character.isUnicodeIdentifierStart(matcher.group().codePointAt(0)) && c != '_') {
        throw mistake("'" + matcher.group() + "' is not a name");
      }
      add(Token.Type.NAME, matcher.group());
    } else {
      operator(c, open);
      return;
    }
    advance(matcher.end());
  }

  private Object integer(String digits) {
    int radix =
        digits.length() < 2
            ? 10
            : switch (Character.toLowerCase(digits.charAt(1))) {
              case 'b' -> 2;
              case 'o' -> 8;
              case 'x' -> 16;
              default -> 10;
            };
    if (digits.length() > 4000) {
      throw mistake("a number has more than 4000 digits");
    }
    return Arithmetic.integer(new BigInteger(radix == 10 ? digits : digits.substring(2), radix));
  }

  private void operator(char c, Deque<Character> open) {
    String operator =
        OPERATORS.stream()
            .filter(candidate -> source.startsWith(candidate, position))
            .findFirst()
            .orElseThrow(() -> mistake("'" + c + "' means nothing here"));
    switch (c) {
      case '(' -> open.push(')');
      case '[' -> open.push(']');
      case '{' -> open.push('}');
      case ')', ']', '}' -> {
        if (open.isEmpty() || open.pop() != c) {
          throw mistake("'" + c + "' closes nothing");
        }
      }
      default -> {}
    }
    add(Token.Type.OPERATOR, operator);
    advance(position + operator.length());
  }

  private void string(char quote) {
    int end = position + 1;
    while (end < source.length() && source.charAt(end) != quote) {
      end += source.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= source.length()) {
      throw mistake("a string has no end; close it with " + quote);
    }
    try {
      add(Token.Type.STRING, StringEscapes.decoded(source.substring(position + 1, end)));
    } catch (TemplateException e) {
      throw e.at(line);
    }
    advance(end + 1);
  }
}
