package io.github.drprune.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The methods of Python's {@code dict}, {@code list} and {@code tuple}. */
final class CollectionMethods {
  private CollectionMethods() {}

  /** The method {@code name} of a dict, or null. */
  static Callable ofDict(Map<Object, Object> dict, String name) {
    return switch (name) {
      case "keys" -> view(dict, name, DictView.Part.KEYS);
      case "values" -> view(dict, name, DictView.Part.VALUES);
      case "items" -> view(dict, name, DictView.Part.ITEMS);
      case "get" ->
          (_, arguments) -> {
            var bound = arguments.bind(name, "key", "default?");
            Access.requireHashable(bound.get(0));
            Object key = Access.key(dict, bound.get(0));
            return dict.containsKey(key) ? dict.get(key) : bound.get(1, null);
          };
      case "copy" ->
          (context, arguments) -> {
            arguments.bind(name);
            context.work.make(dict.size());
            return new LinkedHashMap<>(dict);
          };
      case "pop" -> (_, arguments) -> pop(dict, arguments);
      case "setdefault" ->
          (_, arguments) -> {
            var bound = arguments.bind(name, "key", "default?");
            Access.requireHashable(bound.get(0));
            Object key = Access.key(dict, bound.get(0));
            if (!dict.containsKey(key)) {
              dict.put(key, bound.get(1, null));
            }
            return dict.get(key);
          };
      case "update" -> (context, arguments) -> update(context, dict, arguments);
      case "clear" ->
          (_, arguments) -> {
            arguments.bind(name);
            dict.clear();
            return null;
          };
      default -> null;
    };
  }

  private static Callable view(Map<Object, Object> dict, String name, DictView.Part part) {
    return (_, arguments) -> {
      arguments.bind(name);
      return new DictView(dict, part);
    };
  }

  private static Object pop(Map<Object, Object> dict, Arguments arguments) {
    var bound = arguments.bind("pop", "key", "default?");
    Object key = Access.key(dict, bound.get(0));
    if (dict.containsKey(key)) {
      return dict.remove(key);
    }
    if (!bound.has(1)) {
      throw TemplateException.value("KeyError: no such key to pop");
    }
    return bound.get(1);
  }

  private static Object update(Context context, Map<Object, Object> dict, Arguments arguments) {
    for (Object source : arguments.positional()) {
      dict.putAll(dict(context, source));
    }
    dict.putAll(arguments.named());
    context.work.make(dict.size());
    return null;
  }

  /** {@code dict(source)}: a copy of a dict, or made of pairs. */
  static Map<Object, Object> dict(Context context, Object source) {
    Map<Object, Object> dict = new LinkedHashMap<>();
    if (source instanceof Map<?, ?> map) {
      dict.putAll(map);
    } else {
      for (var pairs = context.values.iterate(source); pairs.hasNext(); ) {
        List<Object> pair = context.values.list(pairs.next());
        if (pair.size() != 2) {
          throw TemplateException.value("a dict is made of pairs");
        }
        Access.requireHashable(pair.get(0));
        dict.put(Access.key(dict, pair.get(0)), pair.get(1));
      }
    }
    context.work.make(dict.size());
    return dict;
  }

  /** The method {@code name} of a list or tuple, or null. */
  static Callable ofList(List<Object> list, String name) {
    return switch (name) {
      case "index" -> (context, arguments) -> index(context, list, arguments);
      case "count" ->
          (context, arguments) -> {
            Object item = arguments.bind(name, "value").get(0);
            return list.stream().filter(other -> context.values.equal(other, item)).count();
          };
      default -> list instanceof Tuple || list instanceof PyRange ? null : ofChanging(list, name);
    };
  }

  private static Callable ofChanging(List<Object> list, String name) {
    return switch (name) {
      case "copy" ->
          (context, arguments) -> {
            arguments.bind(name);
            context.work.make(list.size());
            return new ArrayList<>(list);
          };
      case "append" ->
          (context, arguments) -> {
            context.work.make(1);
            list.add(arguments.bind(name, "object").get(0));
            return null;
          };
      case "extend" ->
          (context, arguments) -> {
            list.addAll(context.values.list(arguments.bind(name, "iterable").get(0)));
            return null;
          };
      case "insert" ->
          (context, arguments) -> {
            var bound = arguments.bind(name, "index", "object");
            context.work.make(1);
            long index = bound.integer(0);
            long place = index < 0 ? index + list.size() : index;
            list.add(Math.clamp(place, 0, list.size()), bound.get(1));
            return null;
          };
      case "pop" ->
          (_, arguments) -> {
            long index = arguments.bind(name, "index?").integer(0, -1);
            long place = index < 0 ? index + list.size() : index;
            if (place < 0 || place >= list.size()) {
              throw TemplateException.value("pop index out of range");
            }
            return list.remove((int) place);
          };
      case "remove" ->
          (context, arguments) -> {
            list.remove((int) index(context, list, arguments));
            return null;
          };
      case "clear" ->
          (_, arguments) -> {
            arguments.bind(name);
            list.clear();
            return null;
          };
      case "reverse" ->
          (_, arguments) -> {
            arguments.bind(name);
            Collections.reverse(list);
            return null;
          };
      case "sort" ->
          (context, arguments) -> {
            boolean reversed = context.values.truth(arguments.bind(name, "reverse?").get(0, false));
            SequenceFilters.sort(context, list, item -> item, reversed);
            return null;
          };
      default -> null;
    };
  }

  private static long index(Context context, List<Object> list, Arguments arguments) {
    Object item = arguments.bind("index", "value").get(0);
    for (int i = 0; i < list.size(); i++) {
      if (context.values.equal(list.get(i), item)) {
        return i;
      }
    }
    throw TemplateException.value("the list has no such value");
  }
}
