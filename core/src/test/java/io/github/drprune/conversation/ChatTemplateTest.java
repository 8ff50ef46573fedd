package io.github.drprune.conversation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.json.Json;
import io.github.drprune.tokenizer.TinyTokenizer;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which template of a model renders a conversation, as transformers chooses it. */
class ChatTemplateTest {
  private static final String PLAIN = "\n  plain {{ messages[0].content }}  \n";
  private static final String TOOLS = "  tools {{ tools[0] }} {{ messages[0].content }}\n  \n";

  @TempDir private Path folder;
  private Tokenizer tokenizer;

  @BeforeEach
  void writeTokenizer() throws IOException {
    tokenizer = Tokenizer.load(TinyTokenizer.write(folder));
  }

  private void requireBoth() {
    ChatTemplate template = ChatTemplate.ofModel(folder, tokenizer).orElseThrow();
    var question = List.of(Conversation.message("user", "q"));
    // What Jinja2 makes of each alone with transformers' options: the last line end is left out.
    assertThat(template.whole(new Conversation(question, null)).text()).isEqualTo("\n  plain q  ");
    assertThat(template.whole(new Conversation(question, List.of("t"))).text())
        .isEqualTo("  tools t q\n  ");
  }

  @Test
  void ofSeveralInTheConfiguration() throws IOException {
    var templates =
        List.of(
            Map.of("name", "default", "template", PLAIN),
            Map.of("name", "tool_use", "template", TOOLS),
            Map.of("name", "rag", "template", "{{ documents[0] }}"));
    Files.writeString(
        folder.resolve("tokenizer_config.json"), Json.line(Map.of("chat_template", templates)));
    requireBoth();
  }

  @Test
  void ofSeveralFiles() throws IOException {
    Files.writeString(folder.resolve(ChatTemplate.FILE), PLAIN);
    Path more = Files.createDirectory(folder.resolve("additional_chat_templates"));
    Files.writeString(more.resolve("tool_use.jinja"), TOOLS);
    requireBoth();
  }

  @Test
  void anotherTemplateIsOfAllConversations() throws IOException {
    ofSeveralFiles();
    ChatTemplate.write(folder, "{{ messages[0].content }}!");
    ChatTemplate template = ChatTemplate.ofModel(folder, tokenizer).orElseThrow();
    var question = List.of(Conversation.message("user", "q"));
    assertThat(template.whole(new Conversation(question, null)).text()).isEqualTo("q!");
    assertThat(template.whole(new Conversation(question, List.of("t"))).text()).isEqualTo("q!");
    assertThat(folder.resolve("additional_chat_templates")).doesNotExist();
  }

  @Test
  void aModelsOwnTemplateLeavesThoseForCertainUses() throws IOException {
    ofSeveralFiles();
    Path other = folder.resolve("additional_chat_templates/rag.jinja");
    Files.writeString(other, "{{ documents[0] }}");
    ChatTemplate.write(folder, ChatTemplate.ofModel(folder, tokenizer).orElseThrow().source());
    requireBoth();
    assertThat(other).exists();
  }
}
