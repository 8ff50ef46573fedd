package io.github.drprune.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Filters of sequences. */
final class SequenceFilters {
  static final Map<String, Filter> FILTERS =
      Map.ofEntries(
          Map.entry("length", (context, value, _) -> context.values.length(value)),
          Map.entry("count", (context, value, _) -> context.values.length(value)),
          Map.entry("list", (context, value, _) -> context.values.list(value)),
          Map.entry("items", SequenceFilters::items),
          Map.entry("first", SequenceFilters::first),
          Map.entry("last", SequenceFilters::last),
          Map.entry("reverse", SequenceFilters::reverse),
          Map.entry("map", SequenceFilters::map),
          Map.entry("select", (c, value, a) -> selected("select", c, value, a, false, true)),
          Map.entry("reject", (c, value, a) -> selected("reject", c, value, a, false, false)),
          Map.entry("selectattr", (c, value, a) -> selected("selectattr", c, value, a, true, true)),
          Map.entry(
              "rejectattr", (c, value, a) -> selected("rejectattr", c, value, a, true, false)),
          Map.entry("sort", SequenceFilters::sorted),
          Map.entry("dictsort", SequenceFilters::dictSort),
          Map.entry("unique", SequenceFilters::unique),
          Map.entry("groupby", SequenceFilters::groupBy),
          Map.entry("sum", SequenceFilters::sum),
          Map.entry("min", (context, value, a) -> extreme(context, "min", value, a, -1)),
          Map.entry("max", (context, value, a) -> extreme(context, "max", value, a, 1)),
          Map.entry("batch", SequenceFilters::batch),
          Map.entry("slice", SequenceFilters::slice));

  private SequenceFilters() {}

  private static Object items(Context context, Object value, Arguments arguments) {
    arguments.bind("items");
    return switch (value) {
      case Undefined _ -> new Generator("generator", Collections.emptyIterator());
      case Map<?, ?> map -> {
        Map<Object, Object> dict = new LinkedHashMap<>(map);
        yield new Generator("generator", DictView.items(dict).iterator());
      }
      case null, default ->
          throw TemplateException.value("Can only get item pairs from a mapping.");
    };
  }

  private static Object first(Context context, Object value, Arguments arguments) {
    arguments.bind("first");
    var items = context.values.iterate(value);
    return items.hasNext() ? items.next() : context.undefined("No first item, sequence was empty.");
  }

  private static Object last(Context context, Object value, Arguments arguments) {
    arguments.bind("last");
    if (value instanceof Generator) {
      throw TemplateException.value("'generator' object is not reversible");
    }
    List<Object> items = context.values.list(value);
    return items.isEmpty()
        ? context.undefined("No last item, sequence was empty.")
        : items.getLast();
  }

  private static Object reverse(Context context, Object value, Arguments arguments) {
    arguments.bind("reverse");
    if (value instanceof String text) {
      context.work.make(text.length());
      return new StringBuilder(text).reverse().toString();
    }
    List<Object> items = context.values.list(value);
    Collections.reverse(items);
    return value instanceof Generator || value instanceof Undefined
        ? items
        : new Generator("list_reverseiterator", items.iterator());
  }

  /** What {@code attribute} (a path with dots, an index, or null for the item) is of an item. */
  static UnaryOperator<Object> getter(Context context, Object attribute, Object otherwise) {
    if (attribute == null) {
      return item -> item;
    }
    List<Object> path =
        attribute instanceof String text
            ? Arrays.stream(text.split("\\.", -1)).map(SequenceFilters::part).toList()
            : List.of(attribute);
    return item -> {
      Object value = item;
      for (Object part : path) {
        value = context.access.item(value, part);
        if (otherwise != null && value instanceof Undefined) {
          value = otherwise;
        }
      }
      return value;
    };
  }

  private static Object part(String text) {
    boolean isIndex =
        !text.isEmpty() && text.length() < 10 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    return isIndex ? (Object) Long.valueOf(text) : text;
  }

  private static Object map(Context context, Object value, Arguments arguments) {
    UnaryOperator<Object> function;
    if (arguments.positional().isEmpty() && arguments.named().containsKey("attribute")) {
      var bound = arguments.bind("map", "attribute", "default?");
      function = getter(context, bound.get(0), bound.get(1, null));
    } else {
      if (arguments.positional().isEmpty()
          || !(arguments.positional().getFirst() instanceof String name)) {
        throw TemplateException.value("map requires a filter argument");
      }
      Filter.named(context.options, name); // one that is not there is told before the first item
      Arguments rest = arguments.after(1);
      function = item -> Filter.apply(context, name, item, rest);
    }
    // As jinja2: nothing is looped over where the value is false, so None is no mistake.
    if (!context.values.truth(value)) {
      return new Generator("generator", Collections.emptyIterator());
    }
    var items = context.values.iterate(value);
    return new Generator(
        "generator",
        new Lazy() {
          @Override
          Object advance() {
            context.work.step();
            return items.hasNext() ? function.apply(items.next()) : END;
          }
        });
  }

  private static Object selected(
      String filter,
      Context context,
      Object value,
      Arguments arguments,
      boolean byAttribute,
      boolean wanted) {
    if (!context.values.truth(value)) {
      return new Generator("generator", Collections.emptyIterator());
    }
    int used = byAttribute ? 1 : 0;
    if (arguments.positional().size() < used) {
      throw TemplateException.value("%s: Missing parameter for attribute name", filter);
    }
    UnaryOperator<Object> key =
        byAttribute
            ? getter(context, arguments.positional().getFirst(), null)
            : UnaryOperator.identity();
    Predicate<Object> test = predicate(context, arguments.after(used));
    return kept(context, value, item -> test.test(key.apply(item)) == wanted);
  }

  /** Those items of {@code value} that are wanted, looked at one by one as they are asked for. */
  private static Generator kept(Context context, Object value, Predicate<Object> wanted) {
    var items = context.values.iterate(value);
    return new Generator(
        "generator",
        new Lazy() {
          @Override
          Object advance() {
            while (items.hasNext()) {
              context.work.step();
              Object item = items.next();
              if (wanted.test(item)) {
                return item;
              }
            }
            return END;
          }
        });
  }

  private static Predicate<Object> predicate(Context context, Arguments arguments) {
    if (arguments.positional().isEmpty()) {
      return context.values::truth;
    }
    String name = context.values.str(arguments.positional().getFirst());
    Arguments rest = arguments.after(1);
    return item -> Tests.passes(context, name, item, rest);
  }

  private static UnaryOperator<Object> caseOf(Context context, Object sensitive) {
    return context.values.truth(sensitive)
        ? UnaryOperator.identity()
        : value -> value instanceof String text ? PyStrings.lower(text) : value;
  }

  /** Sorts in place by keys, stable; {@code reversed} keeps the order of equals as Python does. */
  static void sort(
      Context context, List<Object> items, UnaryOperator<Object> key, boolean reversed) {
    record Keyed(Object key, Object item) {}
    context.work.make(items.size(), 2);
    List<Keyed> keyed = new ArrayList<>();
    items.forEach(item -> keyed.add(new Keyed(key.apply(item), item)));
    Comparator<Keyed> order = (a, b) -> context.values.compare(a.key(), b.key());
    try {
      keyed.sort(reversed ? order.reversed() : order);
    } catch (IllegalArgumentException e) {
      throw TemplateException.value("the values have no order: %s", e.getMessage());
    }
    items.clear();
    keyed.forEach(each -> items.add(each.item()));
  }

  private static Object sorted(Context context, Object value, Arguments arguments) {
    var bound = arguments.bind("sort", "reverse?", "case_sensitive?", "attribute?");
    var fold = caseOf(context, bound.get(1, false));
    Object attribute = bound.get(2, null);
    List<UnaryOperator<Object>> getters =
        attribute instanceof String several
            ? Arrays.stream(several.split(",", -1))
                .map(each -> getter(context, each, null))
                .toList()
            : List.of(getter(context, attribute, null));
    List<Object> items = context.values.list(value);
    sort(
        context,
        items,
        item -> new Tuple(getters.stream().map(each -> fold.apply(each.apply(item))).toList()),
        context.values.truth(bound.get(0, false)));
    return items;
  }

  private static Object dictSort(Context context, Object value, Arguments arguments) {
    var bound = arguments.bind("dictsort", "case_sensitive?", "by?", "reverse?");
    String by = bound.string(1, "key");
    if (!by.equals("key") && !by.equals("value")) {
      throw TemplateException.value("You can only sort by either 'key' or 'value'");
    }
    if (value instanceof Undefined undefined) {
      throw undefined.used();
    }
    if (!(value instanceof Map<?, ?> map)) {
      throw TemplateException.value("'%s' object has no attribute 'items'", Values.typeName(value));
    }
    var fold = caseOf(context, bound.get(0, false));
    List<Object> items = DictView.items(new LinkedHashMap<>(map));
    int place = by.equals("key") ? 0 : 1;
    sort(
        context,
        items,
        item -> fold.apply(((Tuple) item).get(place)),
        context.values.truth(bound.get(2, false)));
    return items;
  }

  private static Object unique(Context context, Object value, Arguments arguments) {
    var bound = arguments.bind("unique", "case_sensitive?", "attribute?");
    var fold = caseOf(context, bound.get(0, false));
    var key = getter(context, bound.get(1, null), null);
    Map<Object, Object> seen = new LinkedHashMap<>();
    return kept(
        context,
        value,
        item -> {
          Object own = fold.apply(key.apply(item));
          Access.requireHashable(own);
          return seen.put(Access.key(seen, own), true) == null;
        });
  }

  private static Object groupBy(Context context, Object value, Arguments arguments) {
    var bound = arguments.bind("groupby", "attribute", "default?", "case_sensitive?");
    var fold = caseOf(context, bound.get(2, false));
    var getter = getter(context, bound.get(0), bound.get(1, null));
    List<Object> items = context.values.list(value);
    sort(context, items, item -> fold.apply(getter.apply(item)), false);
    List<Object> groups = new ArrayList<>();
    List<Object> group = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      group.add(items.get(i));
      Object key = fold.apply(getter.apply(items.get(i)));
      boolean isLast =
          i + 1 == items.size()
              || !context.values.equal(key, fold.apply(getter.apply(items.get(i + 1))));
      if (isLast) {
        groups.add(Tuple.group(getter.apply(group.getFirst()), group));
        group = new ArrayList<>();
      }
    }
    return groups;
  }

  private static Object sum(Context context, Object value, Arguments arguments) {
    var bound = arguments.bind("sum", "attribute?", "start?");
    var getter = getter(context, bound.get(0, null), null);
    Object sum = bound.get(1, 0L);
    if (sum instanceof String) {
      throw TemplateException.value("sum() can't sum strings");
    }
    for (var items = context.values.iterate(value); items.hasNext(); ) {
      sum = context.arithmetic.calculated("+", sum, getter.apply(items.next()));
    }
    return sum;
  }

  private static Object extreme(
      Context context, String name, Object value, Arguments arguments, int direction) {
    var bound = arguments.bind(name, "case_sensitive?", "attribute?");
    var fold = caseOf(context, bound.get(0, false));
    var getter = getter(context, bound.get(1, null), null);
    var items = context.values.iterate(value);
    if (!items.hasNext()) {
      return context.undefined("No aggregated item, sequence was empty.");
    }
    Object best = items.next();
    Object bestKey = fold.apply(getter.apply(best));
    while (items.hasNext()) {
      Object item = items.next();
      Object key = fold.apply(getter.apply(item));
      if (context.values.compare(key, bestKey) * direction > 0) {
        best = item;
        bestKey = key;
      }
    }
    return best;
  }

  private static Object batch(Context context, Object value, Arguments arguments) {
    var bound = arguments.bind("batch", "linecount", "fill_with?");
    long size = bound.integer(0);
    Object fill = bound.get(1, null);
    List<Object> batches = new ArrayList<>();
    List<Object> batch = new ArrayList<>();
    for (Object item : context.values.list(value)) {
      if (batch.size() == size) {
        batches.add(batch);
        batch = new ArrayList<>();
      }
      batch.add(item);
    }
    if (!batch.isEmpty()) {
      if (fill != null && batch.size() < size) {
        context.work.make(size - batch.size());
        batch.addAll(Collections.nCopies((int) size - batch.size(), fill));
      }
      batches.add(batch);
    }
    return new Generator("generator", batches.iterator());
  }

  private static Object slice(Context context, Object value, Arguments arguments) {
    var bound = arguments.bind("slice", "slices", "fill_with?");
    long slices = bound.integer(0);
    if (slices == 0) {
      throw TemplateException.value("division by zero");
    }
    List<Object> items = context.values.list(value);
    context.work.make(Math.max(0, slices));
    List<Object> columns = new ArrayList<>();
    int offset = 0;
    for (int i = 0; i < slices; i++) {
      boolean isLonger = i < items.size() % slices;
      int end = offset + (int) (items.size() / slices) + (isLonger ? 1 : 0);
      List<Object> column = new ArrayList<>(items.subList(offset, end));
      if (bound.get(1, null) != null && !isLonger) {
        column.add(bound.get(1));
      }
      columns.add(column);
      offset = end;
    }
    return new Generator("generator", columns.iterator());
  }
}
