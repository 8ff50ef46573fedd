package io.github.drprune.template;

import io.github.drprune.template.Expression.CallArguments;
import io.github.drprune.template.Expression.Named;
import io.github.drprune.template.Expression.Operand;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Expressions, with the precedence that jinja2's parser gives its operators. */
final class ExpressionParser {
  private static final int DEEPEST = 200;
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

  private final TokenStream tokens;
  private final ArgumentParser arguments;
  private final Set<String> names = new HashSet<>();
  private int depth;

  ExpressionParser(TokenStream tokens) {
    this.tokens = tokens;
    this.arguments = new ArgumentParser(tokens, this::expression);
  }

  /** The names read since the set was last cleared; a macro learns from it what it takes. */
  Set<String> names() {
    return names;
  }

  /** {@code a, b} is a tuple, {@code a} is not. */
  Expression tupleOrExpression() {
    Expression first = expression();
    if (!tokens.isAtOperator(",")) {
      return first;
    }
    return tuple(first);
  }

  private Expression tuple(Expression first) {
    List<Expression> items = new ArrayList<>(List.of(first));
    while (tokens.skipOperator(",")) {
      if (isTupleEnd()) {
        break;
      }
      items.add(expression());
    }
    return new Expression.TupleOf(items);
  }

  private boolean isTupleEnd() {
    return tokens.isAt(Token.Type.VARIABLE_END)
        || tokens.isAt(Token.Type.BLOCK_END)
        || tokens.isAtOperator(")");
  }

  Expression expression() {
    return nested(this::conditional);
  }

  /** An expression that leaves a following {@code if} to a loop. */
  Expression withoutConditional() {
    Expression first = nested(this::or);
    return tokens.isAtOperator(",") ? tuple(first) : first;
  }

  private Expression nested(Supplier<Expression> parsing) {
    if (++depth > DEEPEST) {
      throw tokens.mistake("expressions stand more than %d deep".formatted(DEEPEST));
    }
    Expression expression = parsing.get();
    depth--;
    return expression;
  }

  private Expression conditional() {
    Expression value = or();
    while (tokens.skipName("if")) {
      Expression test = or();
      Expression otherwise = tokens.skipName("else") ? expression() : null;
      value = new Expression.Conditional(test, value, otherwise);
    }
    return value;
  }

  private Expression or() {
    Expression left = and();
    while (tokens.skipName("or")) {
      left = new Expression.Or(left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (tokens.skipName("and")) {
      left = new Expression.And(left, not());
    }
    return left;
  }

  private Expression not() {
    return tokens.skipName("not") ? new Expression.Not(nested(this::not)) : comparison();
  }

  private Expression comparison() {
    Expression first = sum();
    List<Operand> others = new ArrayList<>();
    while (true) {
      Token token = tokens.current();
      if (token.type() == Token.Type.OPERATOR && COMPARISONS.contains(token.value())) {
        tokens.next();
        others.add(new Operand((String) token.value(), sum()));
      } else if (tokens.skipName("in")) {
        others.add(new Operand("in", sum()));
      } else if (tokens.isAtName("not") && tokens.look().isName("in")) {
        tokens.next();
        tokens.next();
        others.add(new Operand("not in", sum()));
      } else {
        return others.isEmpty() ? first : new Expression.Compared(first, others);
      }
    }
  }

  private Expression sum() {
    Expression left = joined();
    while (tokens.isAtOperator("+") || tokens.isAtOperator("-")) {
      String operator = (String) tokens.next().value();
      left = new Expression.Calculated(operator, left, joined());
    }
    return left;
  }

  private Expression joined() {
    Expression first = product();
    if (!tokens.isAtOperator("~")) {
      return first;
    }
    List<Expression> parts = new ArrayList<>(List.of(first));
    while (tokens.skipOperator("~")) {
      parts.add(product());
    }
    return new Expression.Joined(parts);
  }

  private Expression product() {
    Expression left = power();
    while (tokens.isAtOperator("*")
        || tokens.isAtOperator("/")
        || tokens.isAtOperator("//")
        || tokens.isAtOperator("%")) {
      String operator = (String) tokens.next().value();
      left = new Expression.Calculated(operator, left, power());
    }
    return left;
  }

  private Expression power() {
    Expression left = signed(true);
    while (tokens.skipOperator("**")) {
      left = new Expression.Calculated("**", left, signed(true)); // from the left, unlike Python
    }
    return left;
  }

  private Expression signed(boolean withFilters) {
    Expression value;
    if (tokens.isAtOperator("-") || tokens.isAtOperator("+")) {
      boolean negative = tokens.next().isOperator("-");
      value = new Expression.Signed(negative, nested(() -> signed(false)));
    } else {
      value = primary();
    }
    value = postfix(value);
    return withFilters ? filtered(value) : value;
  }

  private Expression primary() {
    Token token = tokens.current();
    return switch (token.type()) {
      case NAME -> {
        tokens.next();
        yield name((String) token.value());
      }
      case STRING -> {
        var text = new StringBuilder();
        while (tokens.isAt(Token.Type.STRING)) {
          text.append((String) tokens.next().value());
        }
        yield new Expression.Literal(text.toString());
      }
      case NUMBER -> new Expression.Literal(tokens.next().value());
      case OPERATOR ->
          switch ((String) token.value()) {
            case "(" -> parenthesized();
            case "[" -> new Expression.ListOf(items("[", "]"));
            case "{" -> dict();
            default -> throw tokens.unexpected("a value");
          };
      default -> throw tokens.unexpected("a value");
    };
  }

  private Expression name(String name) {
    return switch (name) {
      case "true", "True" -> new Expression.Literal(true);
      case "false", "False" -> new Expression.Literal(false);
      case "none", "None" -> new Expression.Literal(null);
      default -> {
        names.add(name);
        yield new Expression.Name(name);
      }
    };
  }

  private Expression parenthesized() {
    tokens.expectOperator("(");
    if (tokens.skipOperator(")")) {
      return new Expression.TupleOf(List.of());
    }
    Expression value = tupleOrExpression();
    tokens.expectOperator(")");
    return value;
  }

  private List<Expression> items(String open, String close) {
    tokens.expectOperator(open);
    List<Expression> items = new ArrayList<>();
    while (!tokens.isAtOperator(close)) {
      if (!items.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.isAtOperator(close)) {
          break;
        }
      }
      items.add(expression());
    }
    tokens.expectOperator(close);
    return items;
  }

  private Expression dict() {
    tokens.expectOperator("{");
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.isAtOperator("}")) {
      if (!keys.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.isAtOperator("}")) {
          break;
        }
      }
      keys.add(expression());
      tokens.expectOperator(":");
      values.add(expression());
    }
    tokens.expectOperator("}");
    return new Expression.DictOf(keys, values);
  }

  private Expression postfix(Expression start) {
    Expression value = start;
    while (true) {
      if (tokens.skipOperator(".")) {
        Token part = tokens.next();
        value =
            switch (part.type()) {
              case NAME -> new Expression.Attribute(value, (String) part.value());
              case NUMBER -> new Expression.Item(value, new Expression.Literal(part.value()));
              default -> throw tokens.mistake("expected a name or number after '.'");
            };
      } else if (tokens.isAtOperator("[")) {
        value = subscript(value);
      } else if (tokens.isAtOperator("(")) {
        value = new Expression.Call(value, arguments.parse());
      } else {
        return value;
      }
    }
  }

  private Expression subscript(Expression target) {
    tokens.expectOperator("[");
    Expression start = tokens.isAtOperator(":") ? null : expression();
    Expression value;
    if (tokens.skipOperator(":")) {
      Expression stop = bound();
      Expression step = tokens.skipOperator(":") ? bound() : null;
      value = new Expression.Slice(target, start, stop, step);
    } else {
      value = new Expression.Item(target, tokens.isAtOperator(",") ? tuple(start) : start);
    }
    tokens.expectOperator("]");
    return value;
  }

  private Expression bound() {
    return tokens.isAtOperator(":") || tokens.isAtOperator("]") ? null : expression();
  }

  private Expression filtered(Expression start) {
    Expression value = start;
    while (true) {
      if (tokens.isAtOperator("|")) {
        tokens.next();
        value = new Expression.Filtered(value, filter());
      } else if (tokens.isAtName("is")) {
        value = test(value);
      } else if (tokens.isAtOperator("(")) {
        value = new Expression.Call(value, arguments.parse());
      } else {
        return value;
      }
    }
  }

  /** A filter's name and arguments. */
  Named filter() {
    String name = dottedName();
    return new Named(name, tokens.isAtOperator("(") ? arguments.parse() : CallArguments.NONE);
  }

  /** Filters one after the other: {@code | a | b(c)}. */
  List<Named> filters() {
    List<Named> filters = new ArrayList<>();
    while (tokens.skipOperator("|")) {
      filters.add(filter());
    }
    return filters;
  }

  private String dottedName() {
    var name = new StringBuilder(tokens.name());
    while (tokens.skipOperator(".")) {
      name.append('.').append(tokens.name());
    }
    return name.toString();
  }

  private Expression test(Expression target) {
    tokens.next();
    boolean negated = tokens.skipName("not");
    String name = dottedName();
    CallArguments given = CallArguments.NONE;
    if (tokens.isAtOperator("(")) {
      given = arguments.parse();
    } else if (isArgumentOfTest()) {
      if (tokens.isAtName("is")) {
        throw tokens.mistake("tests with 'is' cannot be chained");
      }
      given = new CallArguments(List.of(postfix(primary())), Map.of(), null, null);
    }
    Expression tested = new Expression.Tested(target, new Named(name, given));
    return negated ? new Expression.Not(tested) : tested;
  }

  private boolean isArgumentOfTest() {
    return switch (tokens.current().type()) {
      case NAME -> !tokens.isAtName("else") && !tokens.isAtName("or") && !tokens.isAtName("and");
      case STRING, NUMBER -> true;
      case OPERATOR -> tokens.isAtOperator("[") || tokens.isAtOperator("{");
      default -> false;
    };
  }
}
