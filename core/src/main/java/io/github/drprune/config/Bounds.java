package io.github.drprune.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Holds a record's values to what its {@link Key} annotations allow. */
public final class Bounds {
  private Bounds() {}

  /**
   * Called first in the constructor of a record of keys with all its values, in the components'
   * order; an {@link IllegalArgumentException} names key, value and bound.
   */
  public static void check(Class<? extends Record> type, Object... values) {
    var components = type.getRecordComponents();
    if (components.length != values.length) {
      throw new IllegalStateException(
          "%s has %d components, not %d".formatted(type, components.length, values.length));
    }
    for (int i = 0; i < values.length; i++) {
      if (!ConfigKey.isInline(components[i])) {
        check(ConfigKey.name(components[i]), ConfigKey.keyOf(components[i]), values[i]);
      }
    }
  }

  private static void check(String name, Key key, Object value) {
    switch (value) {
      case Number number when !allows(key, number.doubleValue()) ->
          throw new IllegalArgumentException(
              "%s: %s is out of range: choose a number %s%s"
                  .formatted(name, number, describe(key), example(key)));
      case String text when !key.pattern().isEmpty() && !text.matches(key.pattern()) ->
          throw new IllegalArgumentException(
              "%s: '%s' is not possible: expected text %s%s"
                  .formatted(name, text, describe(key), example(key)));
      case Optional<?> optional -> optional.ifPresent(present -> check(name, key, present));
      case Collection<?> list -> list.forEach(element -> check(name, key, element));
      case Map<?, ?> map -> map.forEach((at, element) -> check(name + "." + at, key, element));
      default -> {}
    }
  }

  private static boolean allows(Key key, double value) {
    return Double.isFinite(value)
        && value >= key.min()
        && value <= key.max()
        && value > key.above()
        && value < key.below();
  }

  private static String example(Key key) {
    return key.value().isEmpty() ? "" : " (the default is " + key.value() + ")";
  }

  /** The bounds in words, as {@code "above 0, at most 1"}; empty where there are none. */
  static String describe(Key key) {
    List<String> parts = new ArrayList<>();
    if (Double.isFinite(key.min())) {
      parts.add("at least " + plain(key.min()));
    }
    if (Double.isFinite(key.above())) {
      parts.add("above " + plain(key.above()));
    }
    if (Double.isFinite(key.max())) {
      parts.add("at most " + plain(key.max()));
    }
    if (Double.isFinite(key.below())) {
      parts.add("below " + plain(key.below()));
    }
    if (!key.pattern().isEmpty()) {
      parts.add("of the form " + key.pattern());
    }
    return String.join(", ", parts);
  }

  private static String plain(double bound) {
    return bound == Math.rint(bound) ? String.valueOf((long) bound) : String.valueOf(bound);
  }
}
