package io.github.drprune.template;

import io.github.drprune.template.Expression.CallArguments;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The arguments of calls, filters and tests.
 *
 * @param expressions parses the next one
 */
record ArgumentParser(TokenStream tokens, Supplier<Expression> expressions) {
  /** Arguments in parentheses. */
  CallArguments parse() {
    tokens.expectOperator("(");
    List<Expression> positional = new ArrayList<>();
    Map<String, Expression> named = new LinkedHashMap<>();
    Expression starred = null;
    Expression doubleStarred = null;
    boolean first = true;
    while (!tokens.isAtOperator(")")) {
      if (!first) {
        tokens.expectOperator(",");
        if (tokens.isAtOperator(")")) {
          break;
        }
      }
      first = false;
      if (doubleStarred != null) {
        throw tokens.mistake("an argument after '**'");
      }
      if (tokens.skipOperator("*")) {
        if (starred != null) {
          throw tokens.mistake("a second '*' among arguments");
        }
        starred = expressions.get();
      } else if (tokens.skipOperator("**")) {
        doubleStarred = expressions.get();
      } else if (tokens.isAt(Token.Type.NAME) && tokens.look().isOperator("=")) {
        String name = tokens.name();
        tokens.next();
        if (named.put(name, expressions.get()) != null) {
          throw tokens.mistake("argument '%s' is given twice".formatted(name));
        }
      } else if (starred == null && named.isEmpty()) {
        positional.add(expressions.get());
      } else {
        throw tokens.mistake("a positional argument after a named one");
      }
    }
    tokens.expectOperator(")");
    return new CallArguments(positional, named, starred, doubleStarred);
  }
}
