package io.github.drprune.conversation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.tokenizer.TinyTokenizer;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConversationTokenizerTest {
  private static final int TURNS = 120;

  @TempDir private Path folder;

  private static Conversation conversation(SplittableRandom random) {
    List<Map<String, Object>> messages = new ArrayList<>();
    for (int turn = 0; turn < TURNS; turn++) {
      var message =
          Conversation.message(
              turn % 2 == 0 ? "user" : "assistant", "the ".repeat(random.nextInt(1, 6)));
      message.put("thinking", "h".repeat(random.nextInt(60)));
      messages.add(message);
    }
    return new Conversation(messages, null);
  }

  private ChatTemplate template(Tokenizer tokenizer, String source) throws IOException {
    Path file = Files.writeString(folder.resolve("template.jinja"), source);
    return ChatTemplate.of(folder, tokenizer, Optional.of(file.toString()));
  }

  /** The longest beginning that fits, by trying all; its tokens as if nothing had to be cut. */
  private static TokenizedConversation byTrying(
      Conversation conversation, Tokenizer tokenizer, ChatTemplate template, int longest) {
    var uncut = new ConversationTokenizer(tokenizer, template, Integer.MAX_VALUE);
    int turns = TURNS;
    while (tokenizer.encode(template.whole(conversation.first(turns)).text()).length > longest) {
      turns -= 2;
    }
    return uncut.tokenize(conversation.first(turns));
  }

  /** The second template tells thoughts of the last turn alone, as those of reasoning models do. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for m in messages %}<s>{{ m.role }}:{{ m.content }}</s>{% endfor %}",
        "{% for m in messages %}<s>{{ m.role }}:"
            + "{% if loop.last %}{{ m.thinking }}{% endif %}{{ m.content }}</s>{% endfor %}"
      })
  void theLongestBeginningThatFitsIsFoundByFewEncodings(String source) throws IOException {
    var random = new SplittableRandom(3);
    try (var tokenizer = Tokenizer.load(TinyTokenizer.write(folder.resolve("tokenizer")))) {
      ChatTemplate template = template(tokenizer, source);
      for (int longest : new int[] {150, 400, 900}) {
        Conversation conversation = conversation(random);
        var encodings = new AtomicInteger();
        var found =
            new ConversationTokenizer(
                    tokenizer,
                    template,
                    longest,
                    text -> {
                      encodings.incrementAndGet();
                      return tokenizer.encodeWithPlaces(text);
                    })
                .tokenize(conversation);
        var expected = byTrying(conversation, tokenizer, template, longest);
        assertThat(found.text()).isEqualTo(expected.text());
        assertThat(found.ids()).isEqualTo(expected.ids());
        assertThat(found.counted()).isEqualTo(expected.counted());
        assertThat(encodings.get()).isBetween(2, 8);
      }
    }
  }

  /** What is shorter than any beginning is cut within the first answer. */
  @Test
  void whereNoBeginningFitsTheTextIsCut() throws IOException {
    try (var tokenizer = Tokenizer.load(TinyTokenizer.write(folder.resolve("tokenizer")))) {
      ChatTemplate template =
          template(
              tokenizer,
              "{% for m in messages %}<s>{{ m.role[0] }}:{{ m.content }}</s>{% endfor %}");
      List<Map<String, Object>> messages = new ArrayList<>();
      for (int turn = 0; turn < 6; turn++) {
        messages.add(Conversation.message(turn % 2 == 0 ? "user" : "assistant", "x".repeat(40)));
      }
      var found =
          new ConversationTokenizer(tokenizer, template, 60)
              .tokenize(new Conversation(messages, null));
      assertThat(found.ids()).hasSize(60);
      assertThat(found.cutTokens()).isEqualTo(6 * 44 - 60);
      assertThat(found.count()).isEqualTo(60 - 44 - 3);
    }
  }
}
