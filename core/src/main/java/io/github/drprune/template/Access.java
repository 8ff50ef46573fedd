package io.github.drprune.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Attributes, items and slices of values, with the rules of jinja2's environment. */
final class Access {
  private static final Set<String> CHANGING =
      Set.of(
          "append",
          "clear",
          "extend",
          "insert",
          "pop",
          "popitem",
          "remove",
          "reverse",
          "setdefault",
          "sort",
          "update");

  private static final Object ABSENT = new Object();

  private final Context context;

  Access(Context context) {
    this.context = context;
  }

  /** The key of {@code map} that is equal to {@code key}: Python has 1, 1.0 and True alike. */
  static Object key(Map<?, ?> map, Object given) {
    Object key = Markup.plain(given);
    if (key instanceof String || key == null || map.containsKey(key)) {
      return key;
    }
    if (!Arithmetic.isNumber(key)) {
      return key;
    }
    for (Object other : map.keySet()) {
      if (Arithmetic.isNumber(other) && Arithmetic.compareNumbers(key, other) == 0) {
        return other;
      }
    }
    return key;
  }

  static void requireHashable(Object key) {
    switch (key) {
      case Tuple tuple -> tuple.forEach(Access::requireHashable);
      case PyRange _ -> {}
      case List<?> _, Map<?, ?> _ ->
          throw TemplateException.value("unhashable type: '%s'", Values.typeName(key));
      case Undefined undefined -> undefined.requireLenient();
      case null, default -> {}
    }
  }

  /** {@code target.name}: a method or field, else the item of this name. */
  Object attribute(Object target, String name) {
    if (target instanceof Undefined undefined) {
      throw undefined.used();
    }
    Object member = member(target, name);
    if (member != ABSENT) {
      return member;
    }
    return target instanceof Map<?, ?> map && map.containsKey(name)
        ? map.get(name)
        : missing(target, name);
  }

  private Undefined missing(Object target, String name) {
    return context.undefined("'%s object' has no attribute '%s'", Values.typeName(target), name);
  }

  /** {@code target[key]}: an item, else the method or field of this name. */
  Object item(Object target, Object key) {
    if (target instanceof Undefined undefined) {
      throw undefined.used();
    }
    Object found =
        switch (target) {
          case Map<?, ?> map -> {
            Object actual = key(map, key);
            yield map.containsKey(actual) ? map.get(actual) : ABSENT;
          }
          case List<?> list when Arithmetic.isInteger(key) -> {
            int index = index(key, list.size());
            yield index < 0 ? ABSENT : list.get(index);
          }
          case String text when Arithmetic.isInteger(key) -> {
            int index = index(key, PyStrings.length(text));
            yield index < 0 ? ABSENT : PyStrings.at(text, index);
          }
          case Markup(String text) when Arithmetic.isInteger(key) -> {
            int index = index(key, PyStrings.length(text));
            yield index < 0 ? ABSENT : new Markup(PyStrings.at(text, index));
          }
          case null, default -> ABSENT;
        };
    if (found == ABSENT && Markup.plain(key) instanceof String name) {
      found = member(target, name);
      return found == ABSENT ? missing(target, name) : found;
    }
    return found == ABSENT
        ? context.undefined(
            "'%s object' has no element %s", Values.typeName(target), context.values.repr(key))
        : found;
  }

  /** An index from the front, or -1. */
  private static int index(Object key, int size) {
    BigInteger index = Arithmetic.big(key);
    if (index.signum() < 0) {
      index = index.add(BigInteger.valueOf(size));
    }
    return index.signum() < 0 || index.compareTo(BigInteger.valueOf(size)) >= 0
        ? -1
        : index.intValue();
  }

  /** A method or field, or {@link #ABSENT} where the type has none of this name. */
  @SuppressWarnings("unchecked") // dicts and lists in templates hold objects
  private Object member(Object target, String name) {
    Object member =
        switch (target) {
          case String text -> orAbsent(StringMethods.bound(text, name));
          case Markup(String text) -> orAbsent(StringMethods.ofMarkup(text, name));
          case Map<?, ?> map -> orAbsent(CollectionMethods.ofDict((Map<Object, Object>) map, name));
          case Tuple tuple when tuple.named(name) >= 0 -> tuple.get(tuple.named(name));
          case List<?> list -> orAbsent(CollectionMethods.ofList((List<Object>) list, name));
          case Namespace namespace -> namespace.fields.getOrDefault(name, ABSENT);
          case Loop loop -> loop.member(name, ABSENT);
          case Macro macro when name.equals("name") -> macro.name();
          case null, default -> ABSENT;
        };
    boolean changes =
        (target instanceof Map<?, ?> || target instanceof List<?>) && CHANGING.contains(name);
    if (member != ABSENT && changes && context.options.immutable()) {
      return new Undefined(
          "access to attribute '%s' of '%s' object is unsafe"
              .formatted(name, Values.typeName(target)),
          true);
    }
    return member;
  }

  private static Object orAbsent(Callable method) {
    return method == null ? ABSENT : method;
  }

  /** {@code target[start:stop:step]}; a bound may be null. */
  Object slice(Object target, Object start, Object stop, Object step) {
    if (target instanceof Markup(String text)) {
      return Markup.like(slice(text, start, stop, step));
    }
    if (target instanceof Undefined undefined) {
      throw undefined.used();
    }
    long stride = step == null ? 1 : bound(step);
    if (stride == 0) {
      throw TemplateException.value("slice step cannot be zero");
    }
    switch (target) {
      case String text -> {
        int[] points = text.codePoints().toArray();
        var sliced = new StringBuilder();
        for (int i : indices(points.length, start, stop, stride)) {
          sliced.appendCodePoint(points[i]);
        }
        return context.made(sliced.toString());
      }
      case List<?> list -> {
        List<Object> sliced = new ArrayList<>();
        for (int i : indices(list.size(), start, stop, stride)) {
          sliced.add(list.get(i));
        }
        context.work.make(sliced.size());
        return target instanceof Tuple ? new Tuple(sliced) : sliced;
      }
      case null, default ->
          throw TemplateException.value("'%s' object cannot be sliced", Values.typeName(target));
    }
  }

  private static long bound(Object value) {
    if (value instanceof Undefined undefined) {
      throw undefined.used();
    }
    if (!Arithmetic.isInteger(value)) {
      throw TemplateException.value("slice indices must be integers or None");
    }
    // No sequence is as long: clamping changes nothing.
    BigInteger most = BigInteger.valueOf(1L << 40);
    return Arithmetic.big(value).min(most).max(most.negate()).longValue();
  }

  private static int[] indices(int length, Object start, Object stop, long step) {
    long from = clamped(start, length, step, step > 0 ? 0 : length - 1L);
    long to = clamped(stop, length, step, step > 0 ? length : -1L);
    long count = step > 0 ? (to - from + step - 1) / step : (from - to - step - 1) / -step;
    var indices = new int[(int) Math.max(0, count)];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = (int) (from + i * step);
    }
    return indices;
  }

  private static long clamped(Object bound, int length, long step, long otherwise) {
    if (bound == null) {
      return otherwise;
    }
    long value = bound(bound);
    if (value < 0) {
      return Math.max(value + length, step > 0 ? 0 : -1);
    }
    return Math.min(value, step > 0 ? length : length - 1L);
  }
}
