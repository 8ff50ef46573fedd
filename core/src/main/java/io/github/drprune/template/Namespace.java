package io.github.drprune.template;

import java.util.LinkedHashMap;
import java.util.Map;

/** What {@code namespace()} makes: fields that can be set from within loops. */
final class Namespace {
  final Map<String, Object> fields = new LinkedHashMap<>();
}
