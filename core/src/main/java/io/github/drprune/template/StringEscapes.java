package io.github.drprune.template;

/** Escapes in string literals, as Python reads them. */
final class StringEscapes {
  private StringEscapes() {}

  static String decoded(String literal) {
    if (literal.indexOf('\\') < 0) {
      return literal;
    }
    var text = new StringBuilder(literal.length());
    for (int i = 0; i < literal.length(); i++) {
      char c = literal.charAt(i);
      if (c != '\\') {
        text.append(c);
        continue;
      }
      char escape = literal.charAt(++i);
      switch (escape) {
        case '\n' -> {}
        case '\\', '\'', '"' -> text.append(escape);
        case 'a' -> text.append('\u0007');
        case 'b' -> text.append('\b');
        case 'f' -> text.append('\f');
        case 'n' -> text.append('\n');
        case 'r' -> text.append('\r');
        case 't' -> text.append('\t');
        case 'v' -> text.append('\u000b');
        case 'x' -> i = hexadecimal(literal, i, 2, text);
        case 'u' -> i = hexadecimal(literal, i, 4, text);
        case 'U' -> i = hexadecimal(literal, i, 8, text);
        case 'N' -> i = named(literal, i, text);
        case '0', '1', '2', '3', '4', '5', '6', '7' -> i = octal(literal, i, text);
        default -> text.append('\\').append(escape);
      }
    }
    return text.toString();
  }

  private static int hexadecimal(String literal, int at, int digits, StringBuilder text) {
    int end = at + 1 + digits;
    try {
      text.appendCodePoint(Integer.parseUnsignedInt(literal.substring(at + 1, end), 16));
      return end - 1;
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw escape(literal.substring(at - 1, Math.min(end, literal.length())), e);
    }
  }

  private static TemplateException escape(String text, RuntimeException cause) {
    var mistake =
        new TemplateException(
            TemplateException.Reason.SYNTAX, "'" + text + "' in a string names no character");
    mistake.initCause(cause);
    return mistake;
  }

  private static int named(String literal, int at, StringBuilder text) {
    int end = Math.max(literal.indexOf('}', at), at);
    try {
      text.appendCodePoint(Character.codePointOf(literal.substring(at + 2, end)));
      return end;
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw escape(literal.substring(at - 1, end), e);
    }
  }

  private static int octal(String literal, int at, StringBuilder text) {
    int value = 0;
    int i = at;
    for (; i < literal.length() && i < at + 3 && "01234567".indexOf(literal.charAt(i)) >= 0; i++) {
      value = value * 8 + literal.charAt(i) - '0';
    }
    text.append((char) value);
    return i - 1;
  }
}
