package io.github.drprune.template;

import java.time.ZonedDateTime;
import java.util.Map;

/** Functions that every template can call. */
final class Functions {
  /** As jinja2's sandbox has it. */
  private static final int LONGEST_RANGE = 100_000;

  private static final Map<String, Callable> ALWAYS =
      Map.of(
          "range", Functions::range,
          "namespace", Functions::namespace,
          "dict", Functions::dict,
          "cycler", Functions::cycler,
          "joiner", Functions::joiner);

  private static final Map<String, Callable> CHAT =
      Map.of(
          "raise_exception", Functions::raiseException,
          "strftime_now", Functions::timeNow);

  private Functions() {}

  /** The function of a setting, or null. */
  static Callable named(TemplateOptions options, String name) {
    Callable function = ALWAYS.get(name);
    return function == null && options.chatExtensions() ? CHAT.get(name) : function;
  }

  private static Object range(Context context, Arguments arguments) {
    var bound = arguments.bind("range", "start", "stop?", "step?");
    long start = bound.has(1) ? bound.integer(0) : 0;
    long stop = bound.integer(bound.has(1) ? 1 : 0);
    PyRange range = new PyRange(start, stop, bound.integer(2, 1));
    if (context.options.immutable() && range.size() > LONGEST_RANGE) {
      throw new TemplateException(
          TemplateException.Reason.LIMIT,
          "the template was stopped: a range of more than %d".formatted(LONGEST_RANGE));
    }
    return range;
  }

  private static Object namespace(Context context, Arguments arguments) {
    var namespace = new Namespace();
    for (Object source : arguments.positional()) {
      CollectionMethods.dict(context, source)
          .forEach((key, value) -> namespace.set(context.options, context.values.str(key), value));
    }
    arguments.named().forEach((name, value) -> namespace.set(context.options, name, value));
    return namespace;
  }

  private static Object dict(Context context, Arguments arguments) {
    Object source =
        new Arguments(arguments.positional(), Map.of()).bind("dict", "?").get(0, Map.of());
    Map<Object, Object> dict = CollectionMethods.dict(context, source);
    dict.putAll(arguments.named());
    return dict;
  }

  private static Object cycler(Context context, Arguments arguments) {
    if (arguments.positional().isEmpty()) {
      throw TemplateException.value("at least one item has to be provided");
    }
    var cycler = new Namespace();
    var items = arguments.positional();
    cycler.fields.put("current", items.getFirst());
    int[] position = {0};
    cycler.fields.put(
        "next",
        (Callable)
            (_, _) -> {
              Object current = items.get(position[0]);
              position[0] = (position[0] + 1) % items.size();
              cycler.fields.put("current", items.get(position[0]));
              return current;
            });
    cycler.fields.put(
        "reset",
        (Callable)
            (_, _) -> {
              position[0] = 0;
              cycler.fields.put("current", items.getFirst());
              return null;
            });
    return cycler;
  }

  private static Object joiner(Context context, Arguments arguments) {
    Object separator = arguments.bind("joiner", "sep?").get(0, ", ");
    boolean[] used = {false};
    return (Callable)
        (_, _) -> {
          boolean first = !used[0];
          used[0] = true;
          return first ? "" : separator;
        };
  }

  private static Object raiseException(Context context, Arguments arguments) {
    throw new TemplateException(
        TemplateException.Reason.REFUSED,
        context.values.str(arguments.bind("raise_exception", "message").get(0)));
  }

  private static Object timeNow(Context context, Arguments arguments) {
    String format = arguments.bind("strftime_now", "format").string(0);
    return context.made(Strftime.formatted(ZonedDateTime.now(context.options.clock()), format));
  }
}
