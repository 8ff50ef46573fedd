package io.github.drprune.config.binding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/** From a record of {@link Key}s to the tree that {@link RecordBinder} reads it from. */
final class ConfigTree {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private ConfigTree() {}

  static ObjectNode of(Record config) {
    var tree = NODES.objectNode();
    for (var component : config.getClass().getRecordComponents()) {
      Object value = ConfigKey.value(config, component);
      if (ConfigKey.isInline(component)) {
        tree.setAll(of((Record) value));
      } else if (!isEmpty(value)) {
        tree.set(ConfigKey.name(component), node(value));
      }
    }
    return tree;
  }

  private static boolean isEmpty(Object value) {
    return switch (value) {
      case Optional<?> optional -> optional.isEmpty();
      case Map<?, ?> map -> map.isEmpty();
      default -> false;
    };
  }

  private static JsonNode node(Object value) {
    return switch (value) {
      case Optional<?> optional -> node(optional.orElseThrow());
      case Record record -> of(record);
      case Map<?, ?> map -> {
        var object = NODES.objectNode();
        map.forEach((key, element) -> object.set((String) key, node(element)));
        yield object;
      }
      case Collection<?> list -> {
        var array = NODES.arrayNode();
        list.forEach(element -> array.add(node(element)));
        yield array;
      }
      case Enum<?> constant -> NODES.textNode(ValueType.nameOf(constant));
      case Boolean flag -> NODES.booleanNode(flag);
      case Integer number -> NODES.numberNode(number);
      case Long number -> NODES.numberNode(number);
      case Double number -> NODES.numberNode(number);
      case String text -> NODES.textNode(text);
      case Path path -> NODES.textNode(path.toString());
      default -> throw new IllegalStateException("no key can hold " + value.getClass());
    };
  }
}
