package io.github.drprune.template;

import java.util.Iterator;
import java.util.List;

/** The variable {@code loop}: where a loop stands. Items are asked for when they are needed. */
final class Loop {
  private final Context context;
  private final Callable recursion; // null where the loop is not recursive
  private final int depth;
  private final Object iterable;
  private Iterator<Object> items;
  private long index = -1;
  private long length = -1;
  private Object before;
  private Object current;
  private Object after;
  private boolean isAhead;
  private Object changedFrom; // of changed(): null before its first call

  Loop(Context context, Object iterable, Iterator<Object> items, Callable recursion, int depth) {
    this.context = context;
    this.iterable = iterable;
    this.items = items;
    this.recursion = recursion;
    this.depth = depth;
    this.current = context.undefined("there is no previous item");
  }

  boolean hasNext() {
    return isAhead || items.hasNext();
  }

  Object next() {
    before = current;
    current = isAhead ? after : items.next();
    isAhead = false;
    index++;
    return current;
  }

  private boolean peek() {
    if (!isAhead && items.hasNext()) {
      after = items.next();
      isAhead = true;
    }
    return isAhead;
  }

  long length() {
    if (length < 0) {
      if (iterable != null && !(iterable instanceof Generator)) {
        length = context.values.length(iterable);
      } else {
        List<Object> rest = context.values.list(new Generator("generator", items));
        items = rest.iterator();
        length = rest.size() + index + 1 + (isAhead ? 1 : 0);
      }
    }
    return length;
  }

  /** A field or function, or {@code otherwise}. */
  Object member(String name, Object otherwise) {
    return switch (name) {
      case "index" -> index + 1;
      case "index0" -> index;
      case "revindex" -> length() - index;
      case "revindex0" -> length() - index - 1;
      case "first" -> index == 0;
      case "last" -> !peek();
      case "length" -> length();
      case "depth" -> depth + 1L;
      case "depth0" -> (long) depth;
      case "previtem" -> before;
      case "nextitem" -> peek() ? after : context.undefined("there is no next item");
      case "cycle" -> (Callable) (_, arguments) -> cycle(arguments);
      case "changed" -> (Callable) (_, arguments) -> changed(arguments);
      default -> otherwise;
    };
  }

  private Object cycle(Arguments arguments) {
    var values = arguments.positional();
    if (values.isEmpty()) {
      throw TemplateException.value("no items for cycling given");
    }
    return values.get((int) (index % values.size()));
  }

  private boolean changed(Arguments arguments) {
    Object values = new Tuple(arguments.positional());
    boolean changed = changedFrom == null || !context.values.equal(changedFrom, values);
    changedFrom = values;
    return changed;
  }

  /** {@code loop(items)} of a recursive loop. */
  Object recurse(Arguments arguments) {
    if (recursion == null) {
      throw TemplateException.value("'loop' can only be called in a loop marked 'recursive'");
    }
    return recursion.call(context, arguments);
  }
}
