package io.github.drprune.tasks.scoring;

import io.github.drprune.conversation.ChatTemplate;
import io.github.drprune.conversation.Conversation;
import io.github.drprune.conversation.ConversationException;
import io.github.drprune.error.UserException;
import io.github.drprune.tasks.ChatFormat;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Prompts as conversations, in the form that a model's own template gives them. */
final class ModelChat implements ChatFormat {
  private final Path folder;
  private final ChatTemplate template;

  private ModelChat(Path folder, ChatTemplate template) {
    this.folder = folder;
    this.template = template;
  }

  /** That of the checkpoint in {@code folder}. */
  static ModelChat of(Path folder) throws IOException {
    try (var tokenizer = Tokenizer.load(folder)) {
      return new ModelChat(
          folder,
          ChatTemplate.ofModel(folder, tokenizer)
              .orElseThrow(
                  () ->
                      UserException.at(
                          "apply_chat_template",
                          "the model in %s has no template of conversations".formatted(folder),
                          "leave it out")));
    }
  }

  /** As in the harness, a template that refuses a system's message is given none. */
  @Override
  public String text(List<Map<String, String>> messages, boolean answerFollows) {
    try {
      return rendered(messages, answerFollows);
    } catch (ConversationException _) {
      var withoutSystem =
          messages.stream().filter(message -> !message.get("role").equals("system")).toList();
      try {
        return rendered(withoutSystem, answerFollows);
      } catch (ConversationException e) {
        throw new UserException(
            "apply_chat_template: the model in %s: %s; leave it out"
                .formatted(folder, e.getMessage()),
            e);
      }
    }
  }

  private String rendered(List<Map<String, String>> messages, boolean answerFollows) {
    List<Map<String, Object>> turns =
        messages.stream()
            .map(message -> Conversation.message(message.get("role"), message.get("content")))
            .toList();
    var conversation = new Conversation(turns, null);
    return answerFollows ? template.prompt(conversation) : template.unfinished(conversation);
  }
}
