package io.github.drprune.template;

import java.util.List;
import java.util.Map;

/** What has a value. */
sealed interface Expression {
  record Literal(Object value) implements Expression {}

  record Name(String name) implements Expression {}

  record ListOf(List<Expression> items) implements Expression {}

  record TupleOf(List<Expression> items) implements Expression {}

  record DictOf(List<Expression> keys, List<Expression> values) implements Expression {}

  record Attribute(Expression target, String name) implements Expression {}

  record Item(Expression target, Expression key) implements Expression {}

  /** Of {@code target[start:stop:step]} each bound may be null. */
  record Slice(Expression target, Expression start, Expression stop, Expression step)
      implements Expression {}

  record Call(Expression target, CallArguments arguments) implements Expression {}

  record Filtered(Expression target, Named filter) implements Expression {}

  record Tested(Expression target, Named test) implements Expression {}

  record Signed(boolean negative, Expression operand) implements Expression {}

  record Calculated(String operator, Expression left, Expression right) implements Expression {}

  record Joined(List<Expression> parts) implements Expression {}

  record And(Expression left, Expression right) implements Expression {}

  record Or(Expression left, Expression right) implements Expression {}

  record Not(Expression operand) implements Expression {}

  record Compared(Expression first, List<Operand> others) implements Expression {}

  /** Without {@code otherwise} (null) it is undefined where the test fails. */
  record Conditional(Expression test, Expression then, Expression otherwise)
      implements Expression {}

  /** A further operand of a comparison. */
  record Operand(String operator, Expression value) {}

  /** A filter or test by name. */
  record Named(String name, CallArguments arguments) {}

  /** Arguments of a call; {@code starred} and {@code doubleStarred} may be null. */
  record CallArguments(
      List<Expression> positional,
      Map<String, Expression> named,
      Expression starred,
      Expression doubleStarred) {
    static final CallArguments NONE = new CallArguments(List.of(), Map.of(), null, null);
  }
}
