package io.github.drprune.template;

import io.github.drprune.template.Expression.Named;
import io.github.drprune.template.Statement.MacroSource;
import io.github.drprune.template.Statement.Target;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Statements: what stands between <code>{%</code> and <code>%}</code>. */
final class Parser {
  private static final int DEEPEST = 100;
  private static final Set<String> ELSEWHERE =
      Set.of("include", "import", "from", "extends", "block");

  private final TokenStream tokens;
  private final ExpressionParser expressions;
  private final TemplateOptions options;
  private int depth;
  private int loops;

  private Parser(TokenStream tokens, TemplateOptions options) {
    this.tokens = tokens;
    this.expressions = new ExpressionParser(tokens);
    this.options = options;
  }

  static List<Statement> parse(String source, TemplateOptions options) {
    var parser = new Parser(new TokenStream(Lexer.tokens(source, options)), options);
    return parser.body(Set.of());
  }

  /** Statements up to a tag named by {@code ends}, whose name becomes the current token. */
  private List<Statement> body(Set<String> ends) {
    if (++depth > DEEPEST) {
      throw tokens.mistake("blocks stand more than %d deep".formatted(DEEPEST));
    }
    List<Statement> statements = new ArrayList<>();
    while (true) {
      Token token = tokens.next();
      switch (token.type()) {
        case DATA -> statements.add(new Statement.Text((String) token.value(), token.line()));
        case VARIABLE_BEGIN -> {
          statements.add(new Statement.Output(expressions.tupleOrExpression(), token.line()));
          tokens.expect(Token.Type.VARIABLE_END, "'}}'");
        }
        case BLOCK_BEGIN -> {
          if (tokens.isAt(Token.Type.NAME) && ends.contains(tokens.current().value())) {
            depth--;
            return statements;
          }
          statement(statements, token.line());
          tokens.expect(Token.Type.BLOCK_END, "'%}'");
        }
        default -> {
          if (!ends.isEmpty()) {
            throw tokens.mistake(
                "a block has no end; expected one of " + ends.stream().sorted().toList());
          }
          return statements;
        }
      }
    }
  }

  /** The rest of a tag's line, the body, and the end's name. */
  private List<Statement> blockUntil(String end) {
    tokens.expect(Token.Type.BLOCK_END, "'%}'");
    List<Statement> body = body(Set.of(end));
    tokens.next();
    return body;
  }

  private void statement(List<Statement> into, int line) {
    String tag = tokens.name();
    switch (tag) {
      case "if" -> into.add(conditional(line));
      case "for" -> into.add(loop(line));
      case "set" -> into.add(set(line));
      case "macro" -> into.add(new Statement.DefineMacro(macro(tokens.name()), line));
      case "call" -> into.add(callBlock(line));
      case "filter" -> into.add(filterBlock(line));
      case "with" -> into.add(with(line));
      case "print" -> into.add(new Statement.Output(expressions.tupleOrExpression(), line));
      default -> {
        if (!options.chatExtensions() || !extension(tag, into, line)) {
          throw tokens.mistake(
              ELSEWHERE.contains(tag)
                  ? "'%s' is not supported: a template stands alone".formatted(tag)
                  : "unknown tag '%s'".formatted(tag));
        }
      }
    }
  }

  private boolean extension(String tag, List<Statement> into, int line) {
    switch (tag) {
      case "generation" -> into.add(new Statement.Generation(inner("endgeneration"), line));
      case "break" -> {
        requireLoop(tag);
        into.add(new Statement.Break(line));
      }
      case "continue" -> {
        requireLoop(tag);
        into.add(new Statement.Continue(line));
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private void requireLoop(String tag) {
    if (loops == 0) {
      throw tokens.mistake("'%s' stands outside a loop".formatted(tag));
    }
  }

  /** A body that is a function of its own, which a loop around it cannot be left from. */
  private List<Statement> inner(String end) {
    int around = loops;
    loops = 0;
    List<Statement> body = blockUntil(end);
    loops = around;
    return body;
  }

  private Statement conditional(int line) {
    Expression test = expressions.withoutConditional();
    tokens.expect(Token.Type.BLOCK_END, "'%}'");
    List<Statement> then = body(Set.of("elif", "else", "endif"));
    int next = tokens.current().line();
    return switch ((String) tokens.next().value()) {
      case "elif" -> {
        if (++depth > DEEPEST * 10) {
          throw tokens.mistake("an 'if' has more than %d branches".formatted(DEEPEST * 10));
        }
        Statement otherwise = conditional(next);
        depth--;
        yield new Statement.If(test, then, List.of(otherwise), line);
      }
      case "else" -> new Statement.If(test, then, blockUntil("endif"), line);
      default -> new Statement.If(test, then, List.of(), line);
    };
  }

  private Statement loop(int line) {
    Target target = target(false);
    tokens.expectName("in");
    Expression items = expressions.withoutConditional();
    Expression condition = tokens.skipName("if") ? expressions.expression() : null;
    boolean recursive = tokens.skipName("recursive");
    tokens.expect(Token.Type.BLOCK_END, "'%}'");
    loops++;
    List<Statement> body = body(Set.of("else", "endfor"));
    loops--;
    List<Statement> otherwise = tokens.next().isName("else") ? blockUntil("endfor") : List.of();
    return new Statement.For(target, items, condition, recursive, body, otherwise, line);
  }

  private Statement set(int line) {
    Target target = target(true);
    if (tokens.skipOperator("=")) {
      return new Statement.Set(target, expressions.tupleOrExpression(), line);
    }
    List<Named> filters = expressions.filters();
    return new Statement.SetBlock(target, filters, inner("endset"), line);
  }

  private Target target(boolean fields) {
    Target first = singleTarget(fields);
    if (!tokens.isAtOperator(",")) {
      return first;
    }
    List<Target> targets = new ArrayList<>(List.of(first));
    while (tokens.skipOperator(",")) {
      if (tokens.isAtName("in") || tokens.isAtOperator("=") || tokens.isAtOperator(")")) {
        break;
      }
      targets.add(singleTarget(fields));
    }
    return new Target.Several(targets);
  }

  private Target singleTarget(boolean fields) {
    if (tokens.skipOperator("(")) {
      Target inner = target(fields);
      tokens.expectOperator(")");
      return inner;
    }
    String name = tokens.name();
    if (Set.of("true", "True", "false", "False", "none", "None").contains(name)) {
      throw tokens.mistake("'%s' cannot be assigned to".formatted(name));
    }
    return fields && tokens.skipOperator(".")
        ? new Target.NamespaceField(name, tokens.name())
        : new Target.Variable(name);
  }

  private MacroSource macro(String name) {
    List<String> parameters = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    parameters(parameters, defaults);
    return macroBody(name, parameters, defaults, "endmacro");
  }

  private void parameters(List<String> parameters, List<Expression> defaults) {
    tokens.expectOperator("(");
    while (!tokens.isAtOperator(")")) {
      if (!parameters.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.isAtOperator(")")) {
          break;
        }
      }
      parameters.add(tokens.name());
      if (tokens.skipOperator("=")) {
        defaults.add(expressions.expression());
      } else if (!defaults.isEmpty()) {
        throw tokens.mistake("a parameter without a default follows one that has a default");
      }
    }
    tokens.expectOperator(")");
  }

  private MacroSource macroBody(
      String name, List<String> parameters, List<Expression> defaults, String end) {
    Set<String> outer = new HashSet<>(expressions.names());
    expressions.names().clear();
    List<Statement> body = inner(end);
    Set<String> used = new HashSet<>(expressions.names());
    parameters.forEach(used::remove);
    expressions.names().addAll(outer);
    return new MacroSource(
        name,
        parameters,
        defaults,
        body,
        used.contains("caller"),
        used.contains("varargs"),
        used.contains("kwargs"));
  }

  private Statement callBlock(int line) {
    List<String> parameters = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    if (tokens.isAtOperator("(")) {
      parameters(parameters, defaults);
    }
    if (!(expressions.expression() instanceof Expression.Call(var callee, var arguments))) {
      throw tokens.mistake("expected a call after 'call'");
    }
    MacroSource caller = macroBody("caller", parameters, defaults, "endcall");
    return new Statement.CallBlock(callee, arguments, caller, line);
  }

  private Statement filterBlock(int line) {
    List<Named> filters = new ArrayList<>(List.of(expressions.filter()));
    filters.addAll(expressions.filters());
    return new Statement.FilterBlock(filters, inner("endfilter"), line);
  }

  private Statement with(int line) {
    List<Target> targets = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.isAt(Token.Type.BLOCK_END)) {
      if (!targets.isEmpty()) {
        tokens.expectOperator(",");
      }
      targets.add(singleTarget(false));
      tokens.expectOperator("=");
      values.add(expressions.expression());
    }
    return new Statement.With(targets, values, blockUntil("endwith"), line);
  }
}
