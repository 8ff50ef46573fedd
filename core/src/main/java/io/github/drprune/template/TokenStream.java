package io.github.drprune.template;

import java.util.List;

/** Tokens under a cursor. */
final class TokenStream {
  private final List<Token> tokens;
  private int position;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(position);
  }

  Token look() {
    return tokens.get(Math.min(position + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = current();
    position = Math.min(position + 1, tokens.size() - 1);
    return token;
  }

  boolean isAt(Token.Type type) {
    return current().type() == type;
  }

  boolean isAtName(String name) {
    return current().isName(name);
  }

  boolean isAtOperator(String operator) {
    return current().isOperator(operator);
  }

  boolean skipName(String name) {
    boolean found = isAtName(name);
    if (found) {
      next();
    }
    return found;
  }

  boolean skipOperator(String operator) {
    boolean found = isAtOperator(operator);
    if (found) {
      next();
    }
    return found;
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) {
      throw unexpected("'" + operator + "'");
    }
  }

  void expectName(String name) {
    if (!skipName(name)) {
      throw unexpected("'" + name + "'");
    }
  }

  Token expect(Token.Type type, String expected) {
    if (!isAt(type)) {
      throw unexpected(expected);
    }
    return next();
  }

  String name() {
    return (String) expect(Token.Type.NAME, "a name").value();
  }

  TemplateException unexpected(String expected) {
    return mistake("expected %s, found %s".formatted(expected, current().described()));
  }

  TemplateException mistake(String problem) {
    return new TemplateException(TemplateException.Reason.SYNTAX, problem, current().line());
  }
}
