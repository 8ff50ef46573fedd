package io.github.drprune.config.binding;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One key of a configuration.
 *
 * @param path the dotted key
 * @param section the optional part of the configuration that the key is in; empty for none
 * @param defaultText as on the command line; empty for none
 */
public record ConfigKey(String path, String section, ValueType type, String defaultText, Key key) {
  /** Whether a configuration, or its section where it has that, is refused without this key. */
  public boolean required() {
    return defaultText.isEmpty()
        && switch (type) {
          case ValueType.Scalar _ -> true;
          case ValueType.OptionalOf _, ValueType.ListOf _, ValueType.MapOf _ -> false;
          case ValueType.Nested _ -> false;
        };
  }

  /** What the values may be, for people: {@code "whole number, at least 1"}. */
  public String allowed() {
    if (!key.form().isEmpty()) {
      return key.form();
    }
    String bounds = Bounds.describe(key);
    return bounds.isEmpty() ? type.describe() : type.describe() + ", " + bounds;
  }

  /** The dotted keys of a record and the records within it, in their order. */
  public static List<ConfigKey> of(Class<? extends Record> type) {
    List<ConfigKey> keys = new ArrayList<>();
    collect(type, "", "", Map.of(), keys);
    return keys;
  }

  private static void collect(
      Class<? extends Record> type,
      String prefix,
      String section,
      Map<String, String> defaults,
      List<ConfigKey> keys) {
    for (var component : type.getRecordComponents()) {
      if (isInline(component)) {
        collect(
            component.getType().asSubclass(Record.class),
            prefix,
            section,
            defaultsWithin(component, defaults),
            keys);
        continue;
      }
      var key = keyOf(component);
      String path = prefix + name(component);
      var valueType = ValueType.of(component.getGenericType());
      switch (valueType.unwrapped()) {
        case ValueType.Nested(var nested) -> {
          String within = valueType instanceof ValueType.OptionalOf ? path : section;
          collect(nested, path + ".", within, defaultsBelow(component, defaults), keys);
        }
        case ValueType.Scalar _, ValueType.OptionalOf _, ValueType.ListOf _, ValueType.MapOf _ ->
            keys.add(new ConfigKey(path, section, valueType, defaultOf(component, defaults), key));
      }
    }
  }

  static boolean isInline(RecordComponent component) {
    return component.isAnnotationPresent(Inline.class);
  }

  static Key keyOf(RecordComponent component) {
    var key = component.getAnnotation(Key.class);
    if (key == null) {
      throw new IllegalStateException(
          "%s.%s has no @Key".formatted(component.getDeclaringRecord(), component.getName()));
    }
    return key;
  }

  /** The key's own name within its record: the component's in snake_case. */
  static String name(RecordComponent component) {
    return PropertyNamingStrategies.SnakeCaseStrategy.INSTANCE.translate(component.getName());
  }

  /** The value of a component of a record, which must be public. */
  static Object value(Record config, RecordComponent component) {
    try {
      return component.getAccessor().invoke(config);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(config.getClass() + " must be a public record", e);
    }
  }

  /** The default's text, {@code defaults} going before the component's own; empty for none. */
  static String defaultOf(RecordComponent component, Map<String, String> defaults) {
    return defaults.getOrDefault(name(component), keyOf(component).value());
  }

  /** Of {@code defaults} those of the keys within a component that is a record. */
  static Map<String, String> defaultsBelow(
      RecordComponent component, Map<String, String> defaults) {
    String prefix = name(component) + ".";
    Map<String, String> below = new HashMap<>();
    defaults.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            below.put(key.substring(prefix.length()), value);
          }
        });
    return below;
  }

  /** What an inline component's record has to take for defaults. */
  static Map<String, String> defaultsWithin(RecordComponent component, Map<String, String> outer) {
    return under(outer, component.getAnnotation(Inline.class).defaults());
  }

  /** {@code outer}, and what {@code assignments} say of other keys. */
  static Map<String, String> under(Map<String, String> outer, String... assignments) {
    Map<String, String> defaults = new HashMap<>();
    for (String assignment : assignments) {
      int equals = assignment.indexOf('=');
      defaults.put(assignment.substring(0, equals), assignment.substring(equals + 1));
    }
    defaults.putAll(outer);
    return defaults;
  }
}
