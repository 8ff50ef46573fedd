package io.github.drprune.template;

import io.github.drprune.template.Expression.Named;
import io.github.drprune.template.Statement.MacroSource;
import io.github.drprune.template.Statement.Target;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs statements. */
final class Renderer {
  /** How a statement ended. */
  private enum Flow {
    ON,
    BREAK,
    CONTINUE
  }

  private final Context context;
  private final Evaluator evaluator;
  private final StringBuilder result = new StringBuilder();
  private final List<Rendered.Span> generated = new ArrayList<>();
  private boolean misplaced;

  Renderer(Context context) {
    this.context = context;
    this.evaluator = new Evaluator(context);
  }

  Rendered render(List<Statement> body, Scope scope) {
    run(body, scope, result);
    return new Rendered(result.toString(), generated, !misplaced);
  }

  private String captured(List<Statement> body, Scope scope) {
    var text = new StringBuilder();
    run(body, scope, text);
    return text.toString();
  }

  private Flow run(List<Statement> body, Scope scope, StringBuilder to) {
    for (Statement statement : body) {
      Flow flow;
      try {
        context.work.step();
        flow = run(statement, scope, to);
      } catch (TemplateException e) {
        throw e.at(statement.line());
      }
      if (flow != Flow.ON) {
        return flow;
      }
    }
    return Flow.ON;
  }

  private Flow run(Statement statement, Scope scope, StringBuilder to) {
    switch (statement) {
      case Statement.Text(String text, _) -> write(text, to);
      case Statement.Output(var value, _) ->
          write(context.values.str(evaluator.evaluate(value, scope)), to);
      case Statement.If(var test, var then, var otherwise, _) -> {
        return run(evaluator.isTrue(test, scope) ? then : otherwise, scope, to);
      }
      case Statement.For loop -> loop(loop, evaluator.evaluate(loop.items(), scope), scope, 0, to);
      case Statement.Set(var target, var value, _) ->
          assign(target, evaluator.evaluate(value, scope), scope);
      case Statement.SetBlock(var target, var filters, var body, _) ->
          assign(target, filtered(filters, captured(body, scope.inner()), scope), scope);
      case Statement.DefineMacro(var macro, _) -> scope.set(macro.name(), macro(macro, scope));
      case Statement.CallBlock block -> write(call(block, scope), to);
      case Statement.FilterBlock(var filters, var body, _) ->
          write(context.values.str(filtered(filters, captured(body, scope.inner()), scope)), to);
      case Statement.With(var targets, var values, var body, _) -> {
        Scope inner = scope.inner();
        for (int i = 0; i < targets.size(); i++) {
          assign(targets.get(i), evaluator.evaluate(values.get(i), scope), inner);
        }
        return run(body, inner, to);
      }
      case Statement.Generation(var body, _) -> {
        int start = to.length();
        run(body, scope.inner(), to);
        misplaced |= to != result;
        generated.add(new Rendered.Span(start, to.length()));
      }
      case Statement.Break _ -> {
        return Flow.BREAK;
      }
      case Statement.Continue _ -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.ON;
  }

  private void write(String text, StringBuilder to) {
    context.work.output(text.length());
    to.append(text);
  }

  private Object filtered(List<Named> filters, String text, Scope scope) {
    Object value = text;
    for (Named filter : filters) {
      value = evaluator.filtered(filter, value, scope);
    }
    return value;
  }

  private void assign(Target target, Object value, Scope scope) {
    switch (target) {
      case Target.Variable(String name) -> scope.set(name, value);
      case Target.NamespaceField(String name, String field) -> {
        if (!(scope.get(name, null) instanceof Namespace namespace)) {
          throw TemplateException.value("cannot assign attribute on non-namespace object");
        }
        namespace.set(context.options, field, value);
      }
      case Target.Several(var targets) -> {
        List<Object> values = context.values.list(value);
        if (values.size() != targets.size()) {
          throw TemplateException.value(
              "%d values cannot be given to %d names", values.size(), targets.size());
        }
        for (int i = 0; i < targets.size(); i++) {
          assign(targets.get(i), values.get(i), scope);
        }
      }
    }
  }

  private void loop(Statement.For loop, Object items, Scope scope, int depth, StringBuilder to) {
    context.work.enter();
    Callable recursion =
        (_, arguments) -> {
          var inner = new StringBuilder();
          loop(loop, arguments.bind("loop", "iterable").get(0), scope, depth + 1, inner);
          return inner.toString();
        };
    Iterator<Object> each = context.values.iterate(items);
    if (loop.condition() != null) {
      each = taken(loop, each, scope);
    }
    Object counted = loop.condition() == null ? items : null;
    var variable = new Loop(context, counted, each, loop.recursive() ? recursion : null, depth);
    boolean any = false;
    while (variable.hasNext()) {
      any = true;
      context.work.step();
      Scope inner = scope.inner();
      inner.set("loop", variable);
      assign(loop.target(), variable.next(), inner);
      if (run(loop.body(), inner, to) == Flow.BREAK) {
        break;
      }
    }
    context.work.leave();
    if (!any) {
      run(loop.otherwise(), scope.inner(), to);
    }
  }

  /** The items for which the loop's condition holds, tried when they are asked for. */
  private Iterator<Object> taken(Statement.For loop, Iterator<Object> items, Scope scope) {
    return new Lazy() {
      @Override
      Object advance() {
        while (items.hasNext()) {
          context.work.step();
          Object item = items.next();
          Scope inner = scope.inner();
          assign(loop.target(), item, inner);
          if (evaluator.isTrue(loop.condition(), inner)) {
            return item;
          }
        }
        return END;
      }
    };
  }

  private Macro macro(MacroSource source, Scope scope) {
    return new Macro(
        source.name(),
        (_, arguments) -> captured(source.body(), parameters(source, arguments, scope)));
  }

  private Scope parameters(MacroSource source, Arguments arguments, Scope outer) {
    Scope scope = outer.inner();
    Map<String, Object> named = new LinkedHashMap<>(arguments.named());
    List<Object> positional = arguments.positional();
    int required = source.parameters().size() - source.defaults().size();
    for (int i = 0; i < source.parameters().size(); i++) {
      String parameter = source.parameters().get(i);
      Object value;
      if (i < positional.size()) {
        if (named.containsKey(parameter)) {
          throw TemplateException.value("macro '%s' got '%s' twice", source.name(), parameter);
        }
        value = positional.get(i);
      } else if (named.containsKey(parameter)) {
        value = named.remove(parameter);
      } else if (i >= required) {
        value = evaluator.evaluate(source.defaults().get(i - required), scope);
      } else {
        value = context.undefined("parameter '%s' was not provided", parameter);
      }
      scope.set(parameter, value);
    }
    rest(source, positional, named, scope);
    return scope;
  }

  private void rest(
      MacroSource source, List<Object> positional, Map<String, Object> named, Scope scope) {
    if (source.takesCaller()) {
      scope.set(
          "caller",
          named.containsKey("caller")
              ? named.remove("caller")
              : context.undefined("No caller defined"));
    }
    if (source.takesKwargs()) {
      scope.set("kwargs", new LinkedHashMap<Object, Object>(named));
    } else if (!named.isEmpty()) {
      throw TemplateException.value(
          "macro '%s' takes no keyword argument '%s'",
          source.name(), named.keySet().iterator().next());
    }
    int count = source.parameters().size();
    if (source.takesVarargs()) {
      scope.set(
          "varargs",
          new Tuple(positional.subList(Math.min(count, positional.size()), positional.size())));
    } else if (positional.size() > count) {
      throw TemplateException.value(
          "macro '%s' takes not more than %d argument(s)", source.name(), count);
    }
  }

  private String call(Statement.CallBlock block, Scope scope) {
    Object callee = evaluator.evaluate(block.callee(), scope);
    Arguments arguments = evaluator.arguments(block.arguments(), scope);
    Map<String, Object> named = new LinkedHashMap<>(arguments.named());
    named.put("caller", macro(block.caller(), scope));
    return context.values.str(context.call(callee, new Arguments(arguments.positional(), named)));
  }
}
