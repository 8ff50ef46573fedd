package io.github.drprune.conversation;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.InputFiles;
import io.github.drprune.io.ReadErrors;
import io.github.drprune.json.Json;
import io.github.drprune.model.CheckpointFiles;
import io.github.drprune.template.Rendered;
import io.github.drprune.template.Template;
import io.github.drprune.template.TemplateException;
import io.github.drprune.template.TemplateOptions;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A model's template of conversations, in transformers' dialect of Jinja. */
public final class ChatTemplate {
  /** The template's file in a model's folder. */
  public static final String FILE = "chat_template.jinja";

  /** The program's own templates, and the tokens that each needs. */
  private static final Map<String, List<String>> OWN =
      Map.of(
          "chatml", List.of("<|im_start|>", "<|im_end|>"),
          "llama3", List.of("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
          "alpaca", List.of());

  private static final String TOOL_USE = "tool_use";

  /** Shows where a message ends in what a template makes of it; the blank, whether it is kept. */
  private static final String END_OF_MESSAGE = "CONTINUE_FINAL_MESSAGE_TAG ";

  private final String source;
  private final Template template;
  private final Map<String, Object> tokens;

  private ChatTemplate(String source, Template template, Map<String, Object> tokens) {
    this.source = source;
    this.template = template;
    this.tokens = tokens;
  }

  /**
   * The template {@code choice}, one of the program's own or a file; without a choice that of the
   * model in {@code folder}.
   */
  public static ChatTemplate of(Path folder, Tokenizer tokenizer, Optional<String> choice) {
    if (choice.isPresent()) {
      return chosen(choice.get(), tokenizer);
    }
    return ofModel(folder, tokenizer)
        .orElseThrow(
            () ->
                UserException.at(
                    "template",
                    "the model in %s has no template of conversations".formatted(folder),
                    "choose chatml, llama3, alpaca or a Jinja file"));
  }

  /**
   * The template in a model's folder, where it has one. Where it has another one for conversations
   * with tools, both are made one, as transformers chooses between them.
   */
  public static Optional<ChatTemplate> ofModel(Path folder, Tokenizer tokenizer) {
    return found(folder).map(found -> compiled(found.text(), found.file().toString(), tokenizer));
  }

  /**
   * Gives the model in {@code folder} another template for all conversations. Those for certain
   * uses go: they would render conversations with tools the old way.
   */
  public static void write(Path folder, String source) throws IOException {
    if (found(folder).filter(found -> found.text().equals(source)).isPresent()) {
      return; // it has it, in whatever files
    }
    AtomicFiles.text(folder.resolve(FILE), source);
    AtomicFiles.deleteTree(folder.resolve(CheckpointFiles.TEMPLATES));
  }

  /** The text of a model's template and the file that has it. */
  private record Found(String text, Path file) {}

  private static Optional<Found> found(Path folder) {
    Path file = folder.resolve(FILE);
    Path ofTools = folder.resolve(CheckpointFiles.TEMPLATES).resolve(TOOL_USE + ".jinja");
    Path config = folder.resolve("tokenizer_config.json");
    try {
      if (Files.exists(file)) {
        String text = InputFiles.text(file);
        String whole = Files.exists(ofTools) ? byTools(InputFiles.text(ofTools), text) : text;
        return Optional.of(new Found(whole, file));
      }
      if (Files.exists(config)) {
        JsonNode entry =
            Json.tree(InputFiles.text(config), config.toString()).path("chat_template");
        return source(entry).map(text -> new Found(text, config));
      }
      return Optional.empty();
    } catch (IOException e) {
      throw ReadErrors.of(file, e);
    }
  }

  /** One template, or of several by name the default one and the one for tools. */
  private static Optional<String> source(JsonNode entry) {
    if (entry.isTextual()) {
      return Optional.of(entry.asText());
    }
    return named(entry, "default")
        .map(text -> named(entry, TOOL_USE).map(tools -> byTools(tools, text)).orElse(text));
  }

  private static Optional<String> named(JsonNode entries, String name) {
    for (JsonNode entry : entries) {
      if (entry.path("name").asText().equals(name)) {
        return Optional.of(entry.path("template").asText());
      }
    }
    return Optional.empty();
  }

  /** The first for conversations with tools; the signs keep the blanks at the ends of both. */
  private static String byTools(String ofTools, String other) {
    return "{% if tools is not none +%}"
        + withoutLastNewline(ofTools)
        + "{%+ else +%}"
        + withoutLastNewline(other)
        + "{%+ endif %}";
  }

  /** As Jinja leaves it out of a whole template. */
  private static String withoutLastNewline(String text) {
    return text.replaceFirst("\\R\\z", "");
  }

  /**
   * The tokens that {@code choice} needs, the one that ends a turn last; of a file none is known.
   */
  public static List<String> tokensOf(String choice) {
    return OWN.getOrDefault(choice, List.of());
  }

  /** The text of {@code choice}: one of the program's own templates or a file's. */
  public static String sourceOf(String choice) {
    if (OWN.containsKey(choice)) {
      return own(choice);
    }
    Path file = Path.of(choice);
    InputFiles.requireFile(file, "choose chatml, llama3, alpaca or a Jinja file");
    try {
      return InputFiles.text(file);
    } catch (IOException e) {
      throw ReadErrors.of(file, e);
    }
  }

  private static ChatTemplate chosen(String choice, Tokenizer tokenizer) {
    if (!OWN.containsKey(choice)) {
      return compiled(sourceOf(choice), choice, tokenizer);
    }
    for (String token : OWN.get(choice)) {
      if (tokenizer.id(token).isEmpty()) {
        throw UserException.at(
            "template",
            "'%s' needs the token %s, which the model has not".formatted(choice, token),
            "add it to the model first, or choose alpaca, which needs no tokens of its own");
      }
    }
    if (!tokenizer.namedTokens().containsKey("eos_token")) {
      throw UserException.at(
          "template", "the model has no end token to end a turn with", "name another model");
    }
    return compiled(own(choice), choice, tokenizer);
  }

  private static String own(String name) {
    try (InputStream in = ChatTemplate.class.getResourceAsStream(name + ".jinja")) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ChatTemplate compiled(String source, String place, Tokenizer tokenizer) {
    try {
      return new ChatTemplate(
          source,
          Template.compile(source, TemplateOptions.chat()),
          Map.copyOf(tokenizer.namedTokens()));
    } catch (TemplateException e) {
      throw new UserException(
          "%s: not a template of conversations: %s; mend it or choose another one"
              .formatted(place, e.getMessage()),
          e);
    }
  }

  /** The template's text. */
  public String source() {
    return source;
  }

  /** The text of a conversation up to where the assistant is to answer. */
  public String prompt(Conversation conversation) {
    return render(conversation, true).text();
  }

  /**
   * The text of a conversation whose last message goes on, as with {@code continue_final_message}
   * of transformers: up to that message's end.
   */
  public String unfinished(Conversation conversation) {
    List<Map<String, Object>> messages = new ArrayList<>(conversation.messages());
    Map<String, Object> last = new HashMap<>(messages.removeLast());
    last.put("content", last.get("content") + END_OF_MESSAGE);
    messages.add(last);
    String text = render(new Conversation(messages, conversation.tools()), false).text();
    int end = text.lastIndexOf(END_OF_MESSAGE.strip());
    if (end < 0) {
      throw new ConversationException("the template leaves out the last message's end");
    }
    // A template that strips messages would have stripped this one without the mark.
    return text.startsWith(END_OF_MESSAGE, end)
        ? text.substring(0, end)
        : text.substring(0, end).stripTrailing();
  }

  /** The text of a whole conversation. */
  Rendered whole(Conversation conversation) {
    return render(conversation, false);
  }

  private Rendered render(Conversation conversation, boolean addGenerationPrompt) {
    Map<String, Object> variables = new HashMap<>(tokens);
    variables.put("messages", conversation.messages());
    variables.put("tools", conversation.tools());
    variables.put("documents", null);
    variables.put("add_generation_prompt", addGenerationPrompt);
    try {
      return template.renderMarked(variables);
    } catch (TemplateException e) {
      throw new ConversationException(
          e.reason() == TemplateException.Reason.REFUSED
              ? "the template refuses it: " + e.problem()
              : "the template fails on it: " + e.getMessage(),
          e);
    }
  }
}
