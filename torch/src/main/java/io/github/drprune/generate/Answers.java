package io.github.drprune.generate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.conversation.Conversation;
import io.github.drprune.conversation.ConversationException;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AppendedLines;
import io.github.drprune.io.InputFiles;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * A model's answers to a file of prompts, a line each, in the order of the prompts. An interrupted
 * call goes on behind the last whole line.
 */
public final class Answers {
  /** A prompt: as text that other models' files have as well, and as a conversation. */
  private record Prompt(String text, Conversation conversation) {}

  /**
   * A line of the file.
   *
   * @param settings of the model and the generation, the same in all lines
   * @param ended whether the model ended the answer
   */
  private record Line(String prompt, String answer, boolean ended, String settings) {}

  private Answers() {}

  /**
   * Answers the prompts in {@code file}: JSON lines with {@code prompt}, {@code messages} or {@code
   * instruction}; a last turn of the assistant is left out.
   *
   * @param model names the model in the settings
   * @param done is told how many answers there are
   */
  public static void write(
      Chat chat, Path file, Path out, Path model, Generation how, IntConsumer done)
      throws IOException {
    List<Prompt> prompts = read(file);
    String settings =
        "%s max_tokens=%d temperature=%s top_p=%s seed=%d"
            .formatted(
                model,
                how.maxTokens(),
                how.sampling().temperature(),
                how.sampling().topP(),
                how.seed());
    var found = AppendedLines.read(out);
    int answered = check(out, found.lines(), prompts, settings);
    try (var answers = new AppendedLines(out, found.bytes())) {
      done.accept(answered);
      for (int i = answered; i < prompts.size(); i++) {
        // Each with a seed of its own, so that an answer does not depend on those before it.
        var own = new Generation(how.maxTokens(), how.sampling(), how.seed() + i);
        Chat.Reply reply = chat.answer(prompts.get(i).conversation(), own, _ -> {});
        var line = new Line(prompts.get(i).text(), reply.text(), reply.ended(), settings);
        answers.write(Json.line(line) + "\n");
        done.accept(i + 1);
      }
      answers.force();
    }
  }

  /** How many of the answers are there already. */
  private static int check(Path out, List<String> lines, List<Prompt> prompts, String settings) {
    int answered = 0;
    for (String text : lines) {
      Line line = Json.read(text, Line.class, "%s:%d".formatted(out, answered + 1));
      if (answered >= prompts.size()
          || !line.prompt().equals(prompts.get(answered).text())
          || !line.settings().equals(settings)) {
        throw UserException.at(
            "out",
            "%s holds answers to other prompts or of other settings".formatted(out),
            "delete it or choose another file");
      }
      answered++;
    }
    return answered;
  }

  private static List<Prompt> read(Path file) throws IOException {
    InputFiles.requireFile(file, "name a file of prompts, a JSON object a line");
    List<Prompt> prompts = new ArrayList<>();
    int number = 0;
    for (String line : InputFiles.text(file).split("\n")) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      String place = "%s:%d".formatted(file, number);
      try {
        prompts.add(prompt(Json.tree(line, place)));
      } catch (ConversationException e) {
        throw new UserException(
            "%s: %s; write 'prompt' or 'messages'".formatted(place, e.getMessage()), e);
      }
    }
    if (prompts.isEmpty()) {
      throw new UserException(file + ": holds no prompts; add a JSON object a line");
    }
    return prompts;
  }

  private static Prompt prompt(JsonNode record) {
    if (record.path("prompt").isTextual()) {
      String text = record.get("prompt").asText();
      return new Prompt(text, Conversation.ofUser(text));
    }
    Conversation asked = Conversation.of(withOutput(record)).withoutLastAnswer();
    var messages = asked.messages();
    boolean single = messages.size() == 1 && messages.getFirst().get("content") instanceof String;
    String text =
        single ? (String) messages.getFirst().get("content") : Json.line(asked.messages());
    return new Prompt(text, asked);
  }

  /** Alpaca's prompts need no output. */
  private static JsonNode withOutput(JsonNode record) {
    if (record instanceof ObjectNode object && object.has("instruction")) {
      ObjectNode copy = object.deepCopy();
      copy.set("output", JsonNodeFactory.instance.textNode(""));
      return copy;
    }
    return record;
  }
}
