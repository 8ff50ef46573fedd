package io.github.drprune.conversation;

import io.github.drprune.template.Rendered;
import io.github.drprune.template.Rendered.Span;
import io.github.drprune.tokenizer.Tokenizer;
import io.github.drprune.tokenizer.Tokenizer.Encoding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Makes tokens of conversations and says which of them count: what {@code {% generation %}}
 * encloses, where the template has it; else the assistant's turns, each with the token that ends
 * it, found by rendering with and without them.
 */
public final class ConversationTokenizer {
  /** Stands for a turn's text in a second rendering; no conversation holds it. */
  private static final String MARK = "\uE000the-turn\uE000";

  /** What templates write between texts, whether or not the model has a token for it. */
  private static final Pattern MARKER = Pattern.compile(" ?<[^<>\\s]{1,40}>");

  /** What tells a marker that closes a turn from one that begins the next. */
  private static final Pattern END = Pattern.compile("(?i)end|eot|eom|eos|/s>|return|turn\\|>");

  /** Tokens before a text's end that may be others where the text goes on; mostly none are. */
  private static final int CHANGED_AT_END = 16;

  private final Tokenizer tokenizer;
  private final ChatTemplate template;
  private final int longest;
  private final Function<String, Encoding> encoder;

  /**
   * @param longest tokens; a longer conversation is cut after a turn of the assistant
   */
  public ConversationTokenizer(Tokenizer tokenizer, ChatTemplate template, int longest) {
    this(tokenizer, template, longest, tokenizer::encodeWithPlaces);
  }

  ConversationTokenizer(
      Tokenizer tokenizer, ChatTemplate template, int longest, Function<String, Encoding> encoder) {
    this.tokenizer = tokenizer;
    this.template = template;
    this.longest = longest;
    this.encoder = encoder;
  }

  /**
   * Tokenizes a conversation.
   *
   * @throws ConversationException where the template does not take it, or nothing of it counts
   */
  public TokenizedConversation tokenize(Conversation conversation) {
    Rendered rendered = template.whole(conversation);
    Encoding whole = encoder.apply(rendered.text());
    if (whole.ids().length <= longest) {
      return counted(conversation, rendered, whole, 0);
    }
    int[] beginnings =
        IntStream.range(1, conversation.messages().size())
            .filter(turns -> conversation.isAssistant(turns - 1))
            .toArray();
    int candidates = candidates(conversation, beginnings, rendered.text(), whole);
    for (int i = candidates - 1; i >= 0; i--) {
      Conversation shorter = conversation.first(beginnings[i]);
      Rendered text = template.whole(shorter);
      Encoding tokens = encoder.apply(text.text());
      if (tokens.ids().length <= longest) {
        return counted(shorter, text, tokens, whole.ids().length - tokens.ids().length);
      }
    }
    Encoding cut =
        new Encoding(
            Arrays.copyOf(whole.ids(), longest),
            Arrays.copyOf(whole.starts(), longest),
            Arrays.copyOf(whole.ends(), longest));
    return counted(conversation, rendered, cut, whole.ids().length - longest);
  }

  /**
   * How many of the beginnings may fit, found without encoding them: one whose text begins with
   * more tokens of the whole text than there is room for does not, nor do longer ones.
   *
   * @param beginnings numbers of turns, ascending
   */
  private int candidates(Conversation conversation, int[] beginnings, String text, Encoding whole) {
    int room = longest + CHANGED_AT_END;
    if (whole.ids().length <= room) {
      return beginnings.length;
    }
    String tooLong = text.substring(0, text.offsetByCodePoints(0, whole.ends()[room]));
    int low = 0;
    int high = beginnings.length;
    while (low < high) {
      int middle = (low + high) / 2;
      if (begins(conversation.first(beginnings[middle]), tooLong)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return high;
  }

  private boolean begins(Conversation conversation, String with) {
    try {
      return template.whole(conversation).text().startsWith(with);
    } catch (ConversationException _) {
      return false; // whoever needs its tokens is told
    }
  }

  private TokenizedConversation counted(
      Conversation conversation, Rendered rendered, Encoding tokens, int cutTokens) {
    String text = rendered.text();
    var counted = new byte[tokens.ids().length];
    if (!rendered.generated().isEmpty() && rendered.spansHold()) {
      rendered.generated().forEach(span -> count(span, text, tokens, counted));
    } else {
      for (int i = 0; i < conversation.messages().size(); i++) {
        if (conversation.isAssistant(i)) {
          count(turn(conversation, i, text), text, tokens, counted);
        }
      }
    }
    var result = new TokenizedConversation(text, tokens.ids(), counted, cutTokens);
    if (result.count() == 0) {
      throw new ConversationException(
          cutTokens > 0
              ? "no turn of the assistant begins within %d tokens".formatted(longest)
              : "the assistant says nothing in it");
    }
    return result;
  }

  /** Counts the tokens that overlap a span of the text. */
  private static void count(Span span, String text, Encoding tokens, byte[] counted) {
    int start = text.codePointCount(0, span.start());
    int end = start + text.codePointCount(span.start(), span.end());
    int from = 0;
    while (from < counted.length && tokens.ends()[from] <= start) {
      from++;
    }
    for (int i = from; i < counted.length && tokens.starts()[i] < end; i++) {
      counted[i] = 1;
    }
  }

  /**
   * Where a turn stands in the text: from the end of the prompt for it to the end of the marker
   * that closes it.
   */
  private Span turn(Conversation conversation, int turn, String text) {
    int prompt = promptEnd(conversation, turn, text);
    Span content = content(conversation, turn, text);
    if (content != null) {
      boolean answers =
          prompt >= 0 && prompt <= content.start() && asksForAnswers(conversation.first(turn));
      return new Span(answers ? prompt : content.start(), endOfTurn(text, content.end()));
    }
    int next = prompt < 0 ? -1 : nextTurn(conversation, turn, text);
    if (next < prompt || next < 0) {
      throw new ConversationException(
          "the template does not show where turn %d stands; use one with {%% generation %%}"
              .formatted(turn + 1));
    }
    return new Span(prompt, lastEndOfTurn(text, prompt, next));
  }

  /** The end of the prompt for a turn in the text; -1 where the text does not begin with it. */
  private int promptEnd(Conversation conversation, int turn, String text) {
    if (turn == 0) {
      return -1;
    }
    try {
      String prompt = template.prompt(conversation.first(turn));
      return text.startsWith(prompt) ? prompt.length() : -1;
    } catch (ConversationException _) {
      return -1; // some templates refuse a conversation that stops there
    }
  }

  /** Whether the template begins the answer where it is told to; some leave that out. */
  private boolean asksForAnswers(Conversation before) {
    try {
      return template.prompt(before).length() > template.whole(before).text().length();
    } catch (ConversationException _) {
      return false;
    }
  }

  /** The end of the text up to a turn, it included; -1 where the text does not begin with it. */
  private int nextTurn(Conversation conversation, int turn, String text) {
    try {
      String with = template.whole(conversation.first(turn + 1)).text();
      return text.startsWith(with) ? with.length() : -1;
    } catch (ConversationException _) {
      return -1;
    }
  }

  /** The turn's content, found by rendering another in its place; null where that tells nothing. */
  private Span content(Conversation conversation, int turn, String text) {
    var message = conversation.messages().get(turn);
    if (!(message.get("content") instanceof String) || message.containsKey("tool_calls")) {
      return null;
    }
    String marked;
    try {
      marked = template.whole(conversation.with(turn, MARK)).text();
    } catch (ConversationException _) {
      return null;
    }
    int at = marked.indexOf(MARK);
    String after = at < 0 ? "" : marked.substring(at + MARK.length());
    boolean differsThereOnly =
        at >= 0
            && !after.contains(MARK)
            && at + after.length() <= text.length()
            && text.startsWith(marked.substring(0, at))
            && text.endsWith(after);
    return differsThereOnly ? new Span(at, text.length() - after.length()) : null;
  }

  /**
   * The end of the marker that closes a turn, such as {@code <|im_end|>}, if it is at {@code at}.
   */
  private int endOfTurn(String text, int at) {
    String eos = tokenizer.namedTokens().get("eos_token");
    if (eos != null && text.startsWith(eos, at)) {
      return at + eos.length();
    }
    Matcher marker = MARKER.matcher(text).region(at, text.length());
    return marker.lookingAt() && END.matcher(marker.group()).find() ? marker.end() : at;
  }

  /** The end of the last such marker in [from, to) if nothing but space follows it, else to. */
  private int lastEndOfTurn(String text, int from, int to) {
    int end = to;
    while (end > from && Character.isWhitespace(text.charAt(end - 1))) {
      end--;
    }
    for (int at = end - 1; at >= from; at--) {
      int marker = endOfTurn(text, at);
      if (marker > at) {
        return marker == end ? end : to;
      }
    }
    return to;
  }

  /** The text with what counts between brackets, for people. */
  public static String marked(Tokenizer tokenizer, int[] ids, byte[] counted) {
    List<Integer> run = new ArrayList<>();
    var text = new StringBuilder();
    for (int i = 0; i <= ids.length; i++) {
      if (i > 0 && (i == ids.length || counted[i] != counted[i - 1])) {
        String part = tokenizer.decode(run.stream().mapToInt(id -> id).toArray());
        text.append(counted[i - 1] == 1 ? "[[" + part + "]]" : part);
        run.clear();
      }
      if (i < ids.length) {
        run.add(ids[i]);
      }
    }
    return text.toString();
  }
}
