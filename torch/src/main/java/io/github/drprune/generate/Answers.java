package io.github.drprune.generate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.conversation.Conversation;
import io.github.drprune.conversation.ConversationException;
import io.github.drprune.error.UserException;
import io.github.drprune.generate.TextContinuation.Question;
import io.github.drprune.io.AppendedLines;
import io.github.drprune.io.InputFiles;
import io.github.drprune.json.Json;
import io.github.drprune.json.JsonLine;
import io.github.drprune.json.Parts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * A model's answers to a file of prompts, a line each, in the order of the prompts. An interrupted
 * call goes on behind the last whole line.
 */
public final class Answers {
  /** Prompts answered at once where nothing else is asked for. */
  public static final int AT_ONCE = 8;

  /**
   * A prompt.
   *
   * @param place of it, file and line
   * @param text that other models' files have as well
   */
  private record Prompt(String place, String text, Conversation conversation) {}

  /**
   * A line of the file.
   *
   * @param settings of the model and the generation, the same in all lines
   * @param ended whether the model ended the answer
   */
  private record Line(String prompt, String answer, boolean ended, String settings) {
    Line {
      Parts.require("prompt", prompt);
      Parts.require("answer", answer);
      Parts.require("settings", settings);
    }
  }

  /**
   * What answers depend on beside their prompts. Judges compare whole files, so one file must not
   * hold answers of two kinds.
   *
   * @param ofEarlierVersions what they wrote: without what the chat is
   */
  private record Settings(String whole, String ofEarlierVersions) {
    static Settings of(Path model, Generation how, Chat chat) {
      String generation =
          String.format(
              Locale.ROOT,
              "%s max_tokens=%d temperature=%s top_p=%s seed=%d",
              model,
              how.maxTokens(),
              how.sampling().temperature(),
              how.sampling().topP(),
              how.seed());
      return new Settings(generation + " " + chat.identity(), generation);
    }
  }

  private Answers() {}

  /**
   * Answers the prompts in {@code file}: JSON lines with {@code prompt}, {@code messages} or {@code
   * instruction}; a last turn of the assistant is left out.
   *
   * @param model names the model in the settings
   * @param atOnce prompts to answer at once; the answers are those of one by one
   * @param done is told how many answers there are
   */
  public static void write(
      Chat chat, Path file, Path out, Path model, Generation how, int atOnce, IntConsumer done)
      throws IOException {
    if (atOnce < 1) {
      throw UserException.at("batch", "must be at least 1, not " + atOnce);
    }
    InputFiles.requireApart("out", out, file);
    List<Prompt> prompts = read(file);
    var settings = Settings.of(model, how, chat);
    var found = AppendedLines.read(out, begin(prompts.getFirst()), "answers");
    int answered = check(out, found.lines(), prompts, settings);
    // All before the first answer: a mistake in the last prompt must not cost those before it.
    List<int[]> tokens = new ArrayList<>();
    for (Prompt prompt : prompts.subList(answered, prompts.size())) {
      tokens.add(promptTokens(chat, prompt));
    }
    try (var answers = new AppendedLines(out, found.bytes())) {
      done.accept(answered);
      var inOrder = new InOrder(answered, prompts, settings.whole(), answers, done);
      List<Question> questions = new ArrayList<>();
      for (int i = answered; i < prompts.size(); i++) {
        int index = i;
        // Each with a seed of its own, so that an answer does not depend on those before it.
        var own = new Generation(how.maxTokens(), how.sampling(), how.seed() + i);
        questions.add(
            new Question(
                tokens.get(i - answered), own, _ -> {}, reply -> inOrder.take(index, reply)));
      }
      chat.answer(questions, atOnce);
      answers.force();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** How the line of an answer begins. */
  private static String begin(Prompt prompt) {
    String object = Json.line(Map.of("prompt", prompt.text()));
    return object.substring(0, object.length() - 1) + ",\"answer\":\"";
  }

  private static int[] promptTokens(Chat chat, Prompt prompt) {
    try {
      return chat.promptTokens(prompt.conversation());
    } catch (UserException e) {
      throw new UserException("%s: %s".formatted(prompt.place(), e.getMessage()), e);
    }
  }

  /** Writes answers in the order of their prompts, whatever the order in which they end. */
  private static final class InOrder {
    private final Map<Integer, Chat.Reply> early = new HashMap<>();
    private final List<Prompt> prompts;
    private final String settings;
    private final AppendedLines answers;
    private final IntConsumer done;
    private int written;

    InOrder(
        int written,
        List<Prompt> prompts,
        String settings,
        AppendedLines answers,
        IntConsumer done) {
      this.written = written;
      this.prompts = prompts;
      this.settings = settings;
      this.answers = answers;
      this.done = done;
    }

    void take(int index, Chat.Reply reply) {
      early.put(index, reply);
      for (Chat.Reply next = early.remove(written); next != null; next = early.remove(written)) {
        var line = new Line(prompts.get(written).text(), next.text(), next.ended(), settings);
        try {
          answers.write(Json.line(line) + "\n");
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        done.accept(++written);
      }
    }
  }

  /** How many of the answers are there already; refuses those of anything else. */
  private static int check(Path out, List<String> lines, List<Prompt> prompts, Settings settings) {
    int answered = 0;
    for (String text : lines) {
      String place = "%s:%d".formatted(out, answered + 1);
      Line line = Json.read(text, Line.class, place);
      if (answered >= prompts.size() || !line.prompt().equals(prompts.get(answered).text())) {
        throw other(place + " answers another prompt");
      }
      if (line.settings().equals(settings.ofEarlierVersions())) {
        throw other(
            out
                + " is of an earlier version, which did not note template and precision; they may"
                + " be others");
      }
      if (!line.settings().equals(settings.whole())) {
        throw other(
            "%s holds answers of other settings, '%s' instead of '%s'"
                .formatted(out, line.settings(), settings.whole()));
      }
      answered++;
    }
    return answered;
  }

  private static UserException other(String problem) {
    return UserException.at("out", problem, "delete it or choose another file");
  }

  private static List<Prompt> read(Path file) throws IOException {
    List<Prompt> prompts = new ArrayList<>();
    JsonLine.each(
        file, "name a file of prompts, a JSON object a line", line -> prompts.add(prompt(line)));
    if (prompts.isEmpty()) {
      throw new UserException(file + ": holds no prompts; add a JSON object a line");
    }
    return prompts;
  }

  private static Prompt prompt(JsonLine line) {
    try {
      return prompt(line.place(), line.tree());
    } catch (ConversationException e) {
      throw new UserException(
          "%s: %s; write 'prompt' or 'messages'".formatted(line.place(), e.getMessage()), e);
    }
  }

  private static Prompt prompt(String place, JsonNode record) {
    if (record.path("prompt").isTextual()) {
      String text = record.get("prompt").asText();
      return new Prompt(place, text, Conversation.ofUser(text));
    }
    Conversation asked = Conversation.of(withOutput(record)).withoutLastAnswer();
    var messages = asked.messages();
    boolean single = messages.size() == 1 && messages.getFirst().get("content") instanceof String;
    String text =
        single ? (String) messages.getFirst().get("content") : Json.line(asked.messages());
    return new Prompt(place, text, asked);
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
