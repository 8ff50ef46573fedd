package io.github.drprune.tasks;

import io.github.drprune.error.UserException;
import io.github.drprune.tasks.file.TaskConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Builds prompts: description, examples with their answers, and the question.
 *
 * @param examples how the examples are shown
 * @param choicesAreTexts whether each choice is a question's text of its own, and the target
 *     follows all of them
 * @param chat empty for plain text
 */
record Prompts(
    TaskConfig task,
    DocumentFields fields,
    DocumentFields examples,
    ExampleSampler sampler,
    boolean choicesAreTexts,
    Optional<ChatFormat> chat) {

  /** The prompt of a question, or one for each choice where choices are texts. */
  List<String> of(Map<String, Object> document, int shots) {
    List<Message> before = new ArrayList<>();
    String description = fields.description(document);
    if (!description.isEmpty()) {
      before.add(new Message(Message.SYSTEM, description, ""));
    }
    if (shots > 0) {
      boolean sameSplit = task.examples().split().equals(task.source().test());
      for (Map<String, Object> example : sampler.draw(shots, sameSplit ? document : null)) {
        before.addAll(example(example));
      }
    }
    Optional<String> begun = fields.answerPrefix(document);
    if (choicesAreTexts) {
      return fields.choices(document).stream()
          .map(text -> rendered(before, question(text, begun, ""), begun))
          .toList();
    }
    String text = text(fields.text(document), "doc_to_text");
    String delimiter = fields.ask().targetDelimiter();
    return List.of(rendered(before, question(text, begun, delimiter), begun));
  }

  private String rendered(List<Message> before, List<Message> question, Optional<String> begun) {
    List<Message> all = new ArrayList<>(before);
    all.addAll(question);
    return chat.map(format -> format.text(Message.singleTurn(all), begun.isEmpty()))
        .orElseGet(() -> Message.text(all));
  }

  private static List<Message> question(String text, Optional<String> begun, String delimiter) {
    List<Message> messages = new ArrayList<>();
    boolean delimited = begun.isPresent() && Message.needDelimiter(text, begun.get());
    messages.add(new Message(Message.USER, text, delimited ? delimiter : ""));
    begun.ifPresent(answer -> messages.add(new Message(Message.ASSISTANT, answer, "")));
    return messages;
  }

  private List<Message> example(Map<String, Object> document) {
    Object text = examples.text(document);
    List<String> choices = examples.choices(document);
    Object target = examples.target(document);
    Optional<String> begun = examples.answerPrefix(document);
    if (choicesAreTexts) {
      int right =
          DocumentFields.number(text)
              .orElseThrow(() -> wrong("doc_to_text", "must be the number of a choice", text));
      return answered(choice(choices, right), null, target, begun);
    }
    return answered(text(text, "doc_to_text"), choices, target, begun);
  }

  private List<Message> answered(
      String text, List<String> choices, Object target, Optional<String> begun) {
    if (target == null || target.equals("")) {
      return question(text, begun, examples.ask().targetDelimiter());
    }
    Optional<Integer> number = DocumentFields.number(target);
    Object answer =
        choices != null && number.isPresent()
            ? choice(choices, number.get())
            : target instanceof List<?> list && !list.isEmpty() ? list.getFirst() : target;
    String words = text(answer, "doc_to_target");
    boolean delimited = begun.isEmpty() || Message.needDelimiter(text, begun.get());
    return List.of(
        new Message(Message.USER, text, delimited ? examples.ask().targetDelimiter() : ""),
        new Message(
            Message.ASSISTANT,
            Message.joined(begun.orElse(null), words, " "),
            examples.ask().exampleDelimiter()));
  }

  private String choice(List<String> choices, int number) {
    return DocumentFields.choice(choices, number)
        .orElseThrow(
            () ->
                wrong(
                    "doc_to_target",
                    "must be one of %d choices".formatted(choices.size()),
                    number));
  }

  private String text(Object value, String key) {
    if (value instanceof String text) {
      return text;
    }
    throw wrong(key, "must give text", value);
  }

  private UserException wrong(String key, String expected, Object value) {
    return new UserException("%s: %s: %s, not %s".formatted(task.place(), key, expected, value));
  }
}
