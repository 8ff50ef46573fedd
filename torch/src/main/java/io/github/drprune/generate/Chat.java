package io.github.drprune.generate;

import io.github.drprune.conversation.ChatTemplate;
import io.github.drprune.conversation.Conversation;
import io.github.drprune.conversation.ConversationException;
import io.github.drprune.conversation.ConversationTokenizer;
import io.github.drprune.error.UserException;
import io.github.drprune.generate.TextContinuation.Question;
import io.github.drprune.io.Sha256;
import io.github.drprune.model.CheckpointFiles;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** A model that answers in conversations, by its template. */
public final class Chat implements AutoCloseable {
  private final TextContinuation continuation;
  private final ChatTemplate template;
  private final EndTokens end;
  private final String identity;

  private Chat(TextContinuation continuation, ChatTemplate template, String identity) {
    this.continuation = continuation;
    this.template = template;
    this.identity = identity;
    this.end = continuation.end().and(endOfTurn(continuation.tokenizer(), template));
  }

  /**
   * Loads the checkpoint in {@code folder}.
   *
   * @param template instead of the model's own: a name or a file, as {@link ChatTemplate#of} takes
   */
  public static Chat load(Path folder, ModelOptions options, Optional<String> template)
      throws IOException {
    TextContinuation continuation = TextContinuation.load(folder, options);
    try {
      var chosen = ChatTemplate.of(folder, continuation.tokenizer(), template);
      return new Chat(continuation, chosen, identity(folder, options, chosen));
    } catch (IOException | RuntimeException e) {
      continuation.close();
      throw e;
    }
  }

  private static String identity(Path folder, ModelOptions options, ChatTemplate template)
      throws IOException {
    return "precision=%s template=%s files=%s"
        .formatted(
            options.precision().name().toLowerCase(Locale.ROOT),
            shortened(Sha256.of(template.source().getBytes(StandardCharsets.UTF_8))),
            shortened(CheckpointFiles.fingerprint(folder)));
  }

  /** Enough of a hash to tell a few apart. */
  private static String shortened(String hash) {
    return hash.substring(0, 12);
  }

  /**
   * What its answers depend on beside the generation, in a few words: the same only for the same
   * files, precision and template.
   */
  String identity() {
    return identity;
  }

  /** The token that the template ends a turn of the assistant with, where it is a special one. */
  private static Set<Integer> endOfTurn(Tokenizer tokenizer, ChatTemplate template) {
    Set<Integer> ids = new HashSet<>();
    var example = Conversation.ofUser("a").and(Conversation.ASSISTANT, "b");
    try {
      var tokens =
          new ConversationTokenizer(tokenizer, template, Integer.MAX_VALUE).tokenize(example);
      for (int i = tokens.ids().length - 1; i >= 0; i--) {
        if (tokens.counted()[i] == 1) {
          if (tokenizer.isSpecial(tokens.ids()[i])) {
            ids.add(tokens.ids()[i]);
          }
          return ids;
        }
      }
    } catch (ConversationException _) {
      // A template that does not take the example: the model's own end tokens have to do.
    }
    return ids;
  }

  /**
   * Answers the last message of {@code conversation}.
   *
   * @param out takes the answer piece by piece as it comes
   * @return the whole answer, and whether it came to its end
   */
  public Reply answer(Conversation conversation, Generation how, Consumer<String> out) {
    List<Reply> replies = new ArrayList<>();
    answer(List.of(new Question(promptTokens(conversation), how, out, replies::add)), 1);
    return replies.getFirst();
  }

  /** Answers {@code questions}, {@code atOnce} at a time, each as it would be by itself. */
  void answer(List<Question> questions, int atOnce) {
    continuation.answer(questions, end, atOnce);
  }

  /**
   * The tokens that the model continues with the answer to the last message of {@code
   * conversation}.
   *
   * @throws UserException where the template refuses it, or it leaves no room for an answer
   */
  int[] promptTokens(Conversation conversation) {
    try {
      return continuation.promptTokens(template.prompt(conversation));
    } catch (ConversationException e) {
      throw new UserException(
          "the conversation: %s; change it or choose another template".formatted(e.getMessage()),
          e);
    }
  }

  /**
   * An answer.
   *
   * @param ended whether the model ended it, rather than the limit of tokens
   */
  public record Reply(String text, boolean ended) {}

  /** A conversation that grows turn by turn. */
  public final class Session {
    private final List<Map<String, Object>> opening;
    private Conversation conversation; // null before the first message

    private Session(Optional<String> system) {
      this.opening =
          system.map(text -> List.of(Conversation.message("system", text))).orElse(List.of());
    }

    /** Takes the user's message and gives the answer to {@code out}. */
    public Reply say(String message, Generation how, Consumer<String> out) {
      Conversation asked =
          conversation == null
              ? new Conversation(with(opening, message), null)
              : conversation.and("user", message);
      Reply reply = answer(asked, how, out);
      conversation = asked.and(Conversation.ASSISTANT, reply.text());
      return reply;
    }

    private static List<Map<String, Object>> with(
        List<Map<String, Object>> opening, String message) {
      var messages = new ArrayList<>(opening);
      messages.add(Conversation.message("user", message));
      return messages;
    }
  }

  /** Begins a conversation, perhaps with a system message. */
  public Session session(Optional<String> system) {
    return new Session(system);
  }

  @Override
  public void close() {
    continuation.close();
  }
}
