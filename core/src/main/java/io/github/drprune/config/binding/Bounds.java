package io.github.drprune.config.binding;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Holds values to what their {@link Key} annotations allow. */
final class Bounds {
  private Bounds() {}

  /**
   * Holds a key's value to its bounds.
   *
   * @throws IllegalArgumentException that names key, value and bound
   */
  static void check(String name, Key key, Object value) {
    switch (value) {
      case Number number when !allows(key, number.doubleValue()) ->
          throw new IllegalArgumentException(
              "%s: %s is out of range: choose a number %s%s"
                  .formatted(name, number, describe(key), example(key)));
      case String text when !key.pattern().isEmpty() && !text.matches(key.pattern()) ->
          throw new IllegalArgumentException(
              "%s: '%s' is not possible: expected %s%s"
                  .formatted(name, text, key.form(), example(key)));
      case Optional<?> optional -> optional.ifPresent(present -> check(name, key, present));
      case Collection<?> list -> list.forEach(element -> check(name, key, element));
      case Map<?, ?> map -> map.forEach((at, element) -> check(name + "." + at, key, element));
      default -> {}
    }
  }

  /**
   * Holds every value of a record, and of the records in it, to its bounds.
   *
   * @param prefix of its keys, "" or ending in a dot
   * @throws IllegalArgumentException as {@link #check(String, Key, Object)}
   */
  static void check(Record config, String prefix) {
    for (var component : config.getClass().getRecordComponents()) {
      Object value = ConfigKey.value(config, component);
      if (ConfigKey.isInline(component)) {
        check((Record) value, prefix);
      } else if (value instanceof Record nested) {
        check(nested, prefix + ConfigKey.name(component) + ".");
      } else if (value instanceof Optional<?> optional
          && optional.orElse(null) instanceof Record nested) {
        check(nested, prefix + ConfigKey.name(component) + ".");
      } else {
        check(prefix + ConfigKey.name(component), ConfigKey.keyOf(component), value);
      }
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
    return String.join(", ", parts);
  }

  private static String plain(double bound) {
    return bound == Math.rint(bound) ? String.valueOf((long) bound) : String.valueOf(bound);
  }
}
