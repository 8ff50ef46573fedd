package io.github.drprune.generate;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.conversation.Conversation;
import io.github.drprune.conversation.ConversationException;
import io.github.drprune.error.UserException;
import io.github.drprune.io.InputFiles;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
    byte[] before = Files.exists(out) ? Files.readAllBytes(out) : new byte[0];
    int whole = before.length;
    while (whole > 0 && before[whole - 1] != '\n') {
      whole--;
    }
    int answered = check(out, new String(before, 0, whole, UTF_8), prompts, settings);
    try (var channel = FileChannel.open(out, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.truncate(whole).position(whole);
      done.accept(answered);
      for (int i = answered; i < prompts.size(); i++) {
        // Each with a seed of its own, so that an answer does not depend on those before it.
        var own = new Generation(how.maxTokens(), how.sampling(), how.seed() + i);
        Chat.Reply reply = chat.answer(prompts.get(i).conversation(), own, _ -> {});
        var line = new Line(prompts.get(i).text(), reply.text(), reply.ended(), settings);
        ByteBuffer bytes = ByteBuffer.wrap((Json.line(line) + "\n").getBytes(UTF_8));
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        done.accept(i + 1);
      }
      channel.force(true);
    }
  }

  /** How many of the answers are there already. */
  private static int check(Path out, String lines, List<Prompt> prompts, String settings) {
    int answered = 0;
    for (String text : lines.lines().toList()) {
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
