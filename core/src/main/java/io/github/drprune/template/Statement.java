package io.github.drprune.template;

import io.github.drprune.template.Expression.CallArguments;
import io.github.drprune.template.Expression.Named;
import java.util.List;

/** A part of a template; {@link #line} is where its tag begins. */
sealed interface Statement {
  int line();

  record Text(String text, int line) implements Statement {}

  record Output(Expression value, int line) implements Statement {}

  record If(Expression test, List<Statement> then, List<Statement> otherwise, int line)
      implements Statement {}

  /** {@code condition} is null where every item is taken. */
  record For(
      Target target,
      Expression items,
      Expression condition,
      boolean recursive,
      List<Statement> body,
      List<Statement> otherwise,
      int line)
      implements Statement {}

  record Set(Target target, Expression value, int line) implements Statement {}

  record SetBlock(Target target, List<Named> filters, List<Statement> body, int line)
      implements Statement {}

  record DefineMacro(MacroSource macro, int line) implements Statement {}

  /** Calls with the body as {@code caller}. */
  record CallBlock(Expression callee, CallArguments arguments, MacroSource caller, int line)
      implements Statement {}

  record FilterBlock(List<Named> filters, List<Statement> body, int line) implements Statement {}

  record With(List<Target> targets, List<Expression> values, List<Statement> body, int line)
      implements Statement {}

  /** What the model is to generate: transformers' {@code {% generation %}}. */
  record Generation(List<Statement> body, int line) implements Statement {}

  record Break(int line) implements Statement {}

  record Continue(int line) implements Statement {}

  /** What a value is given to. */
  sealed interface Target {
    record Variable(String name) implements Target {}

    record NamespaceField(String namespace, String field) implements Target {}

    record Several(List<Target> targets) implements Target {}
  }

  /**
   * A macro's source.
   *
   * @param defaults of the last parameters
   * @param takesCaller the body names {@code caller}; so with the next two
   */
  record MacroSource(
      String name,
      List<String> parameters,
      List<Expression> defaults,
      List<Statement> body,
      boolean takesCaller,
      boolean takesVarargs,
      boolean takesKwargs) {}
}
