package io.github.drprune.tasks.file;

import java.util.HashMap;
import java.util.Map;

/** The one task of the harness that is a Python class and is built in: SQuAD 2.0. */
final class SquadTask {
  private static final String CLASS = "task.SQuAD2";

  private static final Map<String, Object> KEYS =
      Map.of(
          "dataset_path", "lighteval/squad_v2",
          "training_split", "train",
          "validation_split", "validation",
          "doc_to_text",
              "Title: {{title}}\n\nBackground: {{context}}\n\nQuestion: {{question}}\n\nAnswer:",
          "doc_to_target",
              "{{' ' + (answers.text[0] if answers.text|length > 0 else 'unanswerable')}}");

  private SquadTask() {}

  /** What the class does, as keys; those of {@code own} count before it. */
  static Keys keys(Keys own) {
    String name = own.function("class").orElseThrow().name();
    if (!name.equals(CLASS)) {
      throw own.unsupported(
          "class",
          "the Python class %s is not built in, only %s of squadv2".formatted(name, CLASS));
    }
    Map<String, Object> keys = new HashMap<>(KEYS);
    keys.putAll(own.values());
    return new Keys(own.place(), keys);
  }
}
