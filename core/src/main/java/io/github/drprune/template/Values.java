package io.github.drprune.template;

import io.github.drprune.error.Unusable;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Python's view of values: null is None, then Boolean, Long or BigInteger, Double, String, List (of
 * which {@link Tuple} and {@link PyRange} are kinds), LinkedHashMap, and what templates define.
 */
final class Values {
  private final Work work;

  Values(Work work) {
    this.work = work;
  }

  /** The same value, unless it is one that nothing can be done with. */
  static Object usable(Object value) {
    if (value instanceof Unusable unusable) {
      throw refused(unusable);
    }
    return value;
  }

  private static TemplateException refused(Unusable value) {
    return new TemplateException(TemplateException.Reason.VALUE, value.problem());
  }

  static String typeName(Object value) {
    return switch (value) {
      case null -> "NoneType";
      case String _ -> "str";
      case Markup _ -> "Markup";
      case Boolean _ -> "bool";
      case Long _, BigInteger _ -> "int";
      case Double _ -> "float";
      case Tuple _ -> "tuple";
      case PyRange _ -> "range";
      case List<?> _ -> "list";
      case Map<?, ?> _ -> "dict";
      case DictView view -> "dict_" + view.part().name().toLowerCase(Locale.ROOT);
      case Generator generator -> generator.name();
      case Undefined _ -> "Undefined";
      case Namespace _ -> "Namespace";
      case Loop _ -> "LoopContext";
      case Macro _ -> "Macro";
      case Callable _ -> "function";
      default -> value.getClass().getSimpleName();
    };
  }

  boolean truth(Object value) {
    return switch (Markup.plain(value)) {
      case null -> false;
      case Boolean truth -> truth;
      case Long number -> number != 0;
      case BigInteger number -> number.signum() != 0;
      case Double number -> number != 0;
      case String text -> !text.isEmpty();
      case List<?> list -> !list.isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      case DictView view -> !view.dict().isEmpty();
      case Undefined undefined -> {
        undefined.requireLenient();
        yield false;
      }
      case Unusable unusable -> throw refused(unusable);
      default -> true;
    };
  }

  /** {@code str(value)}. */
  String str(Object value) {
    return switch (value) {
      case String text -> text;
      case Markup(String text) -> text;
      case Undefined undefined -> {
        undefined.requireLenient();
        yield "";
      }
      case null, default -> {
        var text = new StringBuilder();
        repr(value, text);
        yield text.toString();
      }
    };
  }

  String repr(Object value) {
    var text = new StringBuilder();
    repr(value, text);
    return text.toString();
  }

  private void repr(Object value, StringBuilder to) {
    work.step();
    work.enter();
    int start = to.length();
    switch (value) {
      case null -> to.append("None");
      case String text -> to.append(PyStrings.repr(text));
      case Markup(String text) -> to.append("Markup(").append(PyStrings.repr(text)).append(')');
      case Boolean truth -> to.append(truth ? "True" : "False");
      case Long number -> to.append(number);
      case BigInteger number -> to.append(number);
      case Double number -> to.append(PyFloats.repr(number));
      case Undefined _ -> to.append("Undefined");
      case Unusable unusable -> throw refused(unusable);
      case PyRange range -> to.append(range.repr());
      case Tuple tuple -> {
        items(tuple, "(", tuple.size() == 1 ? ",)" : ")", to);
        start = to.length(); // what is inside has been counted
      }
      case List<?> list -> {
        items(list, "[", "]", to);
        start = to.length();
      }
      case Map<?, ?> map -> {
        pairs(map, to);
        start = to.length();
      }
      case DictView view -> {
        items(view.list(), typeName(view) + "([", "])", to);
        start = to.length();
      }
      case Namespace namespace -> {
        to.append("<Namespace ");
        pairs(namespace.fields, to);
        to.append('>');
      }
      default -> to.append('<').append(typeName(value)).append(" object>");
    }
    work.make(to.length() - start);
    work.leave();
  }

  private void items(List<?> items, String open, String close, StringBuilder to) {
    to.append(open);
    String separator = "";
    for (Object item : items) {
      to.append(separator);
      repr(item, to);
      separator = ", ";
    }
    to.append(close);
  }

  private void pairs(Map<?, ?> map, StringBuilder to) {
    to.append('{');
    String separator = "";
    for (var entry : map.entrySet()) {
      to.append(separator);
      repr(entry.getKey(), to);
      to.append(": ");
      repr(entry.getValue(), to);
      separator = ", ";
    }
    to.append('}');
  }

  /** {@code len(value)}. */
  long length(Object value) {
    return switch (Markup.plain(value)) {
      case String text -> PyStrings.length(text);
      case List<?> list -> list.size();
      case Map<?, ?> map -> map.size();
      case DictView view -> view.dict().size();
      case Loop loop -> loop.length();
      case Undefined undefined -> {
        undefined.requireLenient();
        yield 0;
      }
      case null, default ->
          throw TemplateException.value("object of type '%s' has no len()", typeName(value));
    };
  }

  /** Whether {@code iter(value)} works. */
  boolean isIterable(Object value) {
    return switch (Markup.plain(value)) {
      case String _, Map<?, ?> _, List<?> _, DictView _, Generator _, Loop _ -> true;
      case Undefined undefined -> {
        undefined.requireLenient();
        yield true;
      }
      case null, default -> false;
    };
  }

  /** {@code iter(value)}. */
  @SuppressWarnings("unchecked") // lists in templates hold objects
  Iterator<Object> iterate(Object value) {
    return switch (Markup.plain(value)) {
      case String text -> PyStrings.characters(text).iterator();
      case List<?> list -> new Indexed((List<Object>) list);
      case Map<?, ?> map -> new ArrayList<Object>(map.keySet()).iterator();
      case DictView view -> view.list().iterator();
      case Generator generator -> generator.items();
      case Undefined undefined -> {
        undefined.requireLenient();
        yield Collections.emptyIterator();
      }
      case null, default ->
          throw TemplateException.value("'%s' object is not iterable", typeName(value));
    };
  }

  /** Goes on over a list that grows on the way, as Python does. */
  private static final class Indexed implements Iterator<Object> {
    private final List<Object> list;
    private int next;

    Indexed(List<Object> list) {
      this.list = list;
    }

    @Override
    public boolean hasNext() {
      return next < list.size();
    }

    @Override
    public Object next() {
      return list.get(next++);
    }
  }

  /** {@code list(value)}. */
  List<Object> list(Object value) {
    List<Object> list = new ArrayList<>();
    for (var items = iterate(value); items.hasNext(); ) {
      work.make(1);
      list.add(items.next());
    }
    return list;
  }

  /** {@code a == b}. */
  boolean equal(Object a, Object b) {
    work.step();
    if (a instanceof Undefined || b instanceof Undefined) {
      return undefinedEqual(a, b);
    }
    if (a == null || b == null || a == b) {
      return a == b && !(a instanceof Double number && number.isNaN());
    }
    if (Arithmetic.isNumber(a) && Arithmetic.isNumber(b)) {
      return Arithmetic.compareNumbers(a, b) == 0;
    }
    if (isText(a) || isText(b)) {
      return Markup.plain(a).equals(Markup.plain(b));
    }
    work.enter();
    boolean equal =
        switch (a) {
          case PyRange x when b instanceof PyRange y -> listsEqual(x, y);
          case List<?> x when b instanceof List<?> y && typeName(a).equals(typeName(b)) ->
              listsEqual(x, y);
          case Map<?, ?> x when b instanceof Map<?, ?> y -> mapsEqual(x, y);
          default -> false;
        };
    work.leave();
    return equal;
  }

  private static boolean isText(Object value) {
    return value instanceof String || value instanceof Markup;
  }

  private static boolean undefinedEqual(Object a, Object b) {
    for (Object side : new Object[] {a, b}) {
      if (side instanceof Undefined undefined) {
        undefined.requireLenient();
      }
    }
    return a instanceof Undefined && b instanceof Undefined;
  }

  private boolean listsEqual(List<?> a, List<?> b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (!equal(a.get(i), b.get(i))) {
        return false;
      }
    }
    return true;
  }

  private boolean mapsEqual(Map<?, ?> a, Map<?, ?> b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (var entry : a.entrySet()) {
      Object key = Access.key(b, entry.getKey());
      if (!b.containsKey(key) || !equal(entry.getValue(), b.get(key))) {
        return false;
      }
    }
    return true;
  }

  /** The order of two values, negative where {@code a} comes first; only like values have one. */
  int compare(Object a, Object b) {
    work.step();
    if (Markup.plain(a) instanceof String x && Markup.plain(b) instanceof String y) {
      return compareStrings(x, y);
    }
    if (a instanceof Undefined undefined) {
      throw undefined.used();
    }
    if (b instanceof Undefined undefined) {
      throw undefined.used();
    }
    if (Arithmetic.isNumber(a) && Arithmetic.isNumber(b)) {
      return Arithmetic.compareNumbers(a, b);
    }
    if (a instanceof List<?> x && b instanceof List<?> y && typeName(a).equals(typeName(b))) {
      work.enter();
      int order = compareLists(x, y);
      work.leave();
      return order;
    }
    throw TemplateException.value(
        "no order between instances of '%s' and '%s'", typeName(a), typeName(b));
  }

  private static int compareStrings(String a, String b) {
    int common = Math.min(a.length(), b.length());
    for (int i = 0; i < common; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        // Code points, not UTF-16: those outside the basic plane come last.
        boolean surrogate = Character.isSurrogate(x) != Character.isSurrogate(y);
        return surrogate ? (Character.isSurrogate(x) ? 1 : -1) : x - y;
      }
    }
    return a.length() - b.length();
  }

  private int compareLists(List<?> a, List<?> b) {
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      if (!equal(a.get(i), b.get(i))) {
        return compare(a.get(i), b.get(i));
      }
    }
    return Integer.compare(a.size(), b.size());
  }

  /** {@code item in container}. */
  boolean contains(Object container, Object item) {
    return switch (Markup.plain(container)) {
      case String text -> {
        if (item instanceof Undefined undefined) {
          throw undefined.used();
        }
        if (!(Markup.plain(item) instanceof String part)) {
          throw TemplateException.value(
              "'in <string>' requires a string, not '%s'", typeName(item));
        }
        yield text.contains(part);
      }
      case Map<?, ?> map -> {
        Access.requireHashable(item);
        yield map.containsKey(Access.key(map, item));
      }
      case null, default -> {
        for (var items = iterate(container); items.hasNext(); ) {
          if (equal(items.next(), item)) {
            yield true;
          }
        }
        yield false;
      }
    };
  }
}
