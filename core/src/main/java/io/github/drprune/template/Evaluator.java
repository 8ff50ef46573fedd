package io.github.drprune.template;

import io.github.drprune.template.Expression.CallArguments;
import io.github.drprune.template.Expression.Named;
import io.github.drprune.template.Expression.Operand;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Values of expressions. */
final class Evaluator {
  private static final Object ABSENT = new Object();

  private final Context context;

  Evaluator(Context context) {
    this.context = context;
  }

  Object evaluate(Expression expression, Scope scope) {
    context.work.step();
    return switch (expression) {
      case Expression.Literal(Object value) -> value;
      case Expression.Name(String name) -> Values.usable(name(name, scope));
      case Expression.ListOf(var items) -> all(items, scope);
      case Expression.TupleOf(var items) -> new Tuple(all(items, scope));
      case Expression.DictOf(var keys, var values) -> dict(keys, values, scope);
      case Expression.Attribute(var target, String name) ->
          Values.usable(context.access.attribute(evaluate(target, scope), name));
      case Expression.Item(var target, var key) ->
          Values.usable(context.access.item(evaluate(target, scope), evaluate(key, scope)));
      case Expression.Slice(var target, var start, var stop, var step) ->
          context.access.slice(
              evaluate(target, scope),
              optional(start, scope),
              optional(stop, scope),
              optional(step, scope));
      case Expression.Call(var target, var arguments) ->
          context.call(evaluate(target, scope), arguments(arguments, scope));
      case Expression.Filtered(var target, var filter) ->
          filtered(filter, evaluate(target, scope), scope);
      case Expression.Tested(var target, var test) ->
          Tests.passes(
              context,
              test.name(),
              Markup.plain(evaluate(target, scope)),
              arguments(test.arguments(), scope));
      case Expression.Signed(boolean negative, var operand) ->
          context.arithmetic.signed(negative, evaluate(operand, scope));
      case Expression.Calculated(String operator, var left, var right) ->
          context.arithmetic.calculated(operator, evaluate(left, scope), evaluate(right, scope));
      case Expression.Joined(var parts) -> joined(parts, scope);
      case Expression.And(var left, var right) -> {
        Object value = evaluate(left, scope);
        yield context.values.truth(value) ? evaluate(right, scope) : value;
      }
      case Expression.Or(var left, var right) -> {
        Object value = evaluate(left, scope);
        yield context.values.truth(value) ? value : evaluate(right, scope);
      }
      case Expression.Not(var operand) -> !isTrue(operand, scope);
      case Expression.Compared(var first, var others) -> compared(first, others, scope);
      case Expression.Conditional(var test, var then, var otherwise) -> {
        if (isTrue(test, scope)) {
          yield evaluate(then, scope);
        }
        yield otherwise == null
            ? context.undefined("the inline if-expression has no else and its test failed")
            : evaluate(otherwise, scope);
      }
    };
  }

  boolean isTrue(Expression expression, Scope scope) {
    return context.values.truth(evaluate(expression, scope));
  }

  private Object name(String name, Scope scope) {
    Object value = scope.get(name, ABSENT);
    if (value != ABSENT) {
      return value;
    }
    Callable function = Functions.named(context.options, name);
    return function == null ? context.undefined("'%s' is undefined", name) : function;
  }

  private Object optional(Expression expression, Scope scope) {
    return expression == null ? null : evaluate(expression, scope);
  }

  private List<Object> all(List<Expression> expressions, Scope scope) {
    context.work.make(expressions.size());
    List<Object> values = new ArrayList<>(expressions.size());
    for (Expression each : expressions) {
      values.add(evaluate(each, scope));
    }
    return values;
  }

  private Object dict(List<Expression> keys, List<Expression> values, Scope scope) {
    context.work.make(keys.size());
    Map<Object, Object> dict = LinkedHashMap.newLinkedHashMap(keys.size());
    for (int i = 0; i < keys.size(); i++) {
      Object key = Markup.plain(evaluate(keys.get(i), scope));
      Access.requireHashable(key);
      dict.put(Access.key(dict, key), evaluate(values.get(i), scope));
    }
    return dict;
  }

  private String joined(List<Expression> parts, Scope scope) {
    var text = new StringBuilder();
    for (Expression part : parts) {
      String value = context.values.str(evaluate(part, scope));
      context.work.make(value.length());
      text.append(value);
    }
    return text.toString();
  }

  private boolean compared(Expression first, List<Operand> others, Scope scope) {
    Object left = evaluate(first, scope);
    for (Operand other : others) {
      Object right = evaluate(other.value(), scope);
      if (!holds(other.operator(), left, right)) {
        return false;
      }
      left = right;
    }
    return true;
  }

  private boolean holds(String operator, Object left, Object right) {
    return switch (operator) {
      case "==" -> context.values.equal(left, right);
      case "!=" -> !context.values.equal(left, right);
      case "in" -> context.values.contains(right, left);
      case "not in" -> !context.values.contains(right, left);
      default -> Tests.ordered(context, operator, left, right);
    };
  }

  Object filtered(Named filter, Object value, Scope scope) {
    return Filter.apply(context, filter.name(), value, arguments(filter.arguments(), scope));
  }

  Arguments arguments(CallArguments arguments, Scope scope) {
    if (arguments == CallArguments.NONE) {
      return Arguments.NONE;
    }
    List<Object> positional = all(arguments.positional(), scope);
    if (arguments.starred() != null) {
      positional.addAll(context.values.list(evaluate(arguments.starred(), scope)));
    }
    Map<String, Object> named = new LinkedHashMap<>();
    arguments.named().forEach((name, value) -> named.put(name, evaluate(value, scope)));
    if (arguments.doubleStarred() != null) {
      if (!(evaluate(arguments.doubleStarred(), scope) instanceof Map<?, ?> more)) {
        throw TemplateException.value("argument after ** must be a mapping");
      }
      more.forEach((name, value) -> named.put(context.values.str(name), value));
    }
    return new Arguments(positional, named);
  }
}
