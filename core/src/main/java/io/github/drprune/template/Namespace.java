package io.github.drprune.template;

import java.util.LinkedHashMap;
import java.util.Map;

/** What {@code namespace()} makes: fields that can be set from within loops. */
final class Namespace {
  final Map<String, Object> fields = new LinkedHashMap<>();

  /** Sets a field; transformers refuses names that begin with an underscore. */
  void set(TemplateOptions options, String name, Object value) {
    if (options.chatExtensions() && name.startsWith("_")) {
      throw TemplateException.value("a namespace takes no field '%s': rename it", name);
    }
    fields.put(name, value);
  }
}
