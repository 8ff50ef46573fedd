package io.github.drprune.conversation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.json.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConversationTest {
  private static Conversation read(String json) {
    return Conversation.of(Json.tree(json, "test"));
  }

  private static List<String> turns(Conversation conversation) {
    return conversation.messages().stream()
        .map(message -> message.get("role") + ": " + message.get("content"))
        .toList();
  }

  @Test
  void theFormatsOfConversations() {
    assertThat(
            turns(
                read(
                    """
                    {"messages": [{"role": "user", "content": "a"},
                      {"role": "assistant", "content": "b", "name": null}]}\
                    """)))
        .containsExactly("user: a", "assistant: b");
    assertThat(
            turns(
                read(
                    """
                    {"system": "s", "conversations": [{"from": "human", "value": "a"},
                      {"from": "gpt", "value": "b"}, {"from": "observation", "value": "c"}]}\
                    """)))
        .containsExactly("system: s", "user: a", "assistant: b", "tool: c");
    assertThat(turns(read("{\"instruction\": \"i\", \"input\": \"x\", \"output\": \"o\"}")))
        .containsExactly("user: i\n\nx", "assistant: o");
    assertThat(turns(read("{\"instruction\": \"i\", \"input\": \"\", \"output\": \"o\"}")))
        .containsExactly("user: i", "assistant: o");
    assertThat(
            read("{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"tools\": \"[1]\"}")
                .tools())
        .isEqualTo(List.of(1));
    assertThat(
            read("{\"messages\": [{\"role\": \"assistant\", \"content\": \"a\", \"thinking\":"
                    + " \"t\"}]}")
                .messages()
                .getFirst())
        .containsEntry("reasoning_content", "t")
        .doesNotContainKey("name");
  }

  @Test
  void whatIsNoConversationSaysWhy() {
    assertThatThrownBy(() -> read("{\"text\": \"a\"}")).hasMessageContaining("but [text]");
    assertThatThrownBy(() -> read("{\"messages\": []}")).hasMessageContaining("no messages");
    assertThatThrownBy(() -> read("{\"messages\": 1}")).hasMessageContaining("not an array");
    assertThatThrownBy(() -> read("{\"messages\": [{\"content\": \"a\"}]}"))
        .hasMessageContaining("no role");
    assertThatThrownBy(() -> read("{\"messages\": [{\"role\": \"user\"}]}"))
        .hasMessageContaining("neither content");
    assertThatThrownBy(() -> read("{\"conversations\": [{\"from\": \"human\"}]}"))
        .hasMessageContaining("no 'value'");
    assertThatThrownBy(() -> read("{\"instruction\": \"a\"}")).hasMessageContaining("'output'");
    assertThatThrownBy(() -> read("1")).hasMessageContaining("not a JSON object");
  }
}
