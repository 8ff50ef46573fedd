package io.github.drprune.template;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** A filter: a function of a value and of arguments. */
@FunctionalInterface
interface Filter {
  Object apply(Context context, Object value, Arguments arguments);

  /** Filters whose result is safe where the value is. */
  Set<String> KEEPING_MARKUP =
      Set.of(
          "upper",
          "lower",
          "capitalize",
          "trim",
          "string",
          "center",
          "indent",
          "format",
          "truncate");

  /** Filters that see whether the value is safe. */
  Set<String> SEEING_MARKUP = Set.of("escape", "e", "default", "d");

  /** What the filter {@code name} makes of {@code value}. */
  static Object apply(Context context, String name, Object value, Arguments arguments) {
    Filter filter = named(context.options, name);
    if (!(value instanceof Markup markup) || SEEING_MARKUP.contains(name)) {
      Object result = filter.apply(context, value, arguments);
      return name.equals("forceescape") ? Markup.like(result) : result;
    }
    Object result = filter.apply(context, markup.text(), arguments);
    return KEEPING_MARKUP.contains(name) || name.equals("forceescape")
        ? Markup.like(result)
        : result;
  }

  /** The filter of a setting. */
  static Filter named(TemplateOptions options, String name) {
    Filter filter =
        name.equals("tojson")
            ? options.chatExtensions() ? JsonText::ofChat : JsonText::ofJinja
            : All.FILTERS.get(name);
    if (filter == null) {
      throw TemplateException.value("No filter named '%s'", name);
    }
    return filter;
  }

  /** The table, made when it is first needed. */
  final class All {
    private static final Map<String, Filter> FILTERS = filters();

    private All() {}

    private static Map<String, Filter> filters() {
      Map<String, Filter> filters = new HashMap<>();
      filters.putAll(StringFilters.FILTERS);
      filters.putAll(SequenceFilters.FILTERS);
      filters.putAll(ValueFilters.FILTERS);
      return Map.copyOf(filters);
    }
  }
}
