package io.github.drprune.tasks;

import io.github.drprune.error.Unusable;
import io.github.drprune.error.UserException;
import io.github.drprune.tasks.file.FunctionName;
import io.github.drprune.tasks.file.TaskConfig;
import io.github.drprune.tasks.file.TaskConfig.Ask;
import io.github.drprune.tasks.python.PythonLiteral;
import io.github.drprune.tasks.python.PythonStrings;
import io.github.drprune.template.Template;
import io.github.drprune.template.TemplateException;
import io.github.drprune.template.TemplateOptions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a task file makes of a document: its text, its target, its choices. A value in the file is
 * the name of a column, a template, a constant or a function.
 */
final class DocumentFields {
  private final TaskConfig task;
  private final Ask ask;
  private final List<String> columns;
  private final Functions functions;
  private final boolean hasChoices;
  private final Map<String, Template> templates = new HashMap<>();

  /**
   * @param ask the task's own or that of its examples
   * @param columns of the documents that are asked about
   */
  DocumentFields(TaskConfig task, Ask ask, List<String> columns, Functions functions) {
    this.task = task;
    this.ask = ask;
    this.columns = columns;
    this.functions = functions;
    this.hasChoices = task.ask().choice() != null;
  }

  Ask ask() {
    return ask;
  }

  /** The question's text, or the number of the right choice where each choice is a text. */
  Object text(Map<String, Object> document) {
    String key = "doc_to_text";
    return switch (ask.text()) {
      case Long number -> number;
      case FunctionName function -> functions.document(function, key).apply(document);
      case String column when columns.contains(column) -> column(column, key, document);
      case String template -> {
        String text = rendered(template, key, document);
        yield hasChoices && PythonStrings.isDigits(text) ? literal(text, key) : text;
      }
      case null, default ->
          throw wrong(key, "must be a template, a column or a function", ask.text());
    };
  }

  /** The expected answer: text, the number of a choice, or a list of right ones. */
  Object target(Map<String, Object> document) {
    String key = "doc_to_target";
    return switch (ask.target()) {
      case Long number -> number;
      case List<?> list -> list;
      case FunctionName function -> functions.document(function, key).apply(document);
      case String column when columns.contains(column) -> column(column, key, document);
      case String template -> {
        String text = rendered(template, key, document);
        if (hasChoices && PythonStrings.isDigits(text)) {
          yield literal(text, key);
        }
        boolean isList = text.length() >= 2 && text.startsWith("[") && text.endsWith("]");
        yield isList ? literalOrText(text) : text;
      }
      case null, default ->
          throw wrong(
              key, "must be a template, a column, a number, a list or a function", ask.target());
    };
  }

  /** The choices, or null where there are none. */
  List<String> choices(Map<String, Object> document) {
    String key = "doc_to_choice";
    Object choices =
        switch (ask.choice()) {
          case null -> null;
          case List<?> list -> list;
          case Map<?, ?> map -> new ArrayList<>(map.values());
          case FunctionName function -> functions.document(function, key).apply(document);
          case String column when columns.contains(column) -> column(column, key, document);
          case String template -> literal(rendered(template, key, document), key);
          default -> throw wrong(key, "must be a list, a template or a column", ask.choice());
        };
    return ask.choice() == null ? null : texts(choices, key);
  }

  private List<String> texts(Object choices, String key) {
    if (!(choices instanceof List<?> list) || list.isEmpty()) {
      throw wrong(key, "must give a list of texts", choices);
    }
    List<String> texts = new ArrayList<>();
    for (Object choice : list) {
      if (!(choice instanceof String text)) {
        throw wrong(key, "must give texts", choice);
      }
      texts.add(text);
    }
    return texts;
  }

  /** What the answer begins with, empty where the task has nothing. */
  Optional<String> answerPrefix(Map<String, Object> document) {
    return ask.answerPrefix()
        .map(template -> columnOrRendered(template, "gen_prefix", document))
        .filter(text -> !text.isEmpty());
  }

  /** What stands before everything. */
  String description(Map<String, Object> document) {
    return ask.description()
        .map(template -> columnOrRendered(template, "description", document))
        .orElse("");
  }

  private String columnOrRendered(String template, String key, Map<String, Object> document) {
    return document.containsKey(template)
        ? text(column(template, key, document))
        : rendered(template, key, document);
  }

  private Object column(String name, String key, Map<String, Object> document) {
    try {
      return Unusable.refused(document.get(name));
    } catch (UserException e) {
      throw e.in("%s: %s: ".formatted(task.place(), key));
    }
  }

  /** A value as Python prints it. */
  String text(Object value) {
    return value instanceof String text
        ? text
        : rendered("{{value}}", "value", Collections.singletonMap("value", value));
  }

  private String rendered(String template, String key, Map<String, Object> document) {
    try {
      return templates
          .computeIfAbsent(template, source -> Template.compile(source, TemplateOptions.prompts()))
          .render(document);
    } catch (TemplateException e) {
      throw new UserException("%s: %s: %s".formatted(task.place(), key, e.getMessage()), e);
    }
  }

  private Object literal(String text, String key) {
    try {
      return PythonLiteral.parse(text);
    } catch (IllegalArgumentException e) {
      throw new UserException(
          "%s: %s: must give a list as Python writes it, not %s (%s)"
              .formatted(task.place(), key, text, e.getMessage()),
          e);
    }
  }

  private static Object literalOrText(String text) {
    try {
      return PythonLiteral.parse(text);
    } catch (IllegalArgumentException e) {
      return text; // The harness takes it for text as well.
    }
  }

  /** The choice of that number, from the end where it is negative, as Python counts. */
  static Optional<String> choice(List<String> choices, int number) {
    int at = number < 0 ? choices.size() + number : number;
    return at >= 0 && at < choices.size() ? Optional.of(choices.get(at)) : Optional.empty();
  }

  private UserException wrong(String key, String expected, Object value) {
    return new UserException("%s: %s: %s, not %s".formatted(task.place(), key, expected, value));
  }

  /**
   * A number where Python has one: true is 1. So is a whole one that a column of numbers has as
   * 1.0, which the harness fails on.
   */
  static Optional<Integer> number(Object value) {
    return switch (value) {
      case Long number when number == number.intValue() -> Optional.of(number.intValue());
      case Double number when number == number.intValue() -> Optional.of(number.intValue());
      case Boolean flag -> Optional.of(flag ? 1 : 0);
      case null, default -> Optional.empty();
    };
  }
}
