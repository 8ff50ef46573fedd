package io.github.drprune.template;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;

/** A list that Python prints in parentheses and that cannot change. */
final class Tuple extends AbstractList<Object> implements RandomAccess {
  private final Object[] items;
  private final List<String> names;

  private Tuple(Object[] items, List<String> names) {
    this.items = items;
    this.names = names;
  }

  Tuple(List<?> items) {
    this(items.toArray(), List.of());
  }

  static Tuple of(Object... items) {
    return new Tuple(Arrays.asList(items));
  }

  /** A pair of {@code groupby}: what the items have in common, and the items. */
  static Tuple group(Object key, List<Object> items) {
    return new Tuple(new Object[] {key, items}, List.of("grouper", "list"));
  }

  /** The index of a named place, or -1. */
  int named(String name) {
    return names.indexOf(name);
  }

  @Override
  public Object get(int index) {
    return items[index];
  }

  @Override
  public int size() {
    return items.length;
  }
}
