package io.github.drprune.conversation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.json.Json;
import io.github.drprune.template.PythonTemplates;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ids and counted tokens against transformers, whose mask needs templates with {@code {% generation
 * %}}: they are put into public templates, which are then read with and without them.
 */
class TransformersMaskTest {
  private static final int CONVERSATIONS = 50;

  /** What to enclose in each template: the assistant's text and its end of turn. */
  private static final Map<String, Map<String, String>> TAGS =
      Map.of(
          "smollm2-135m.jinja",
          Map.of(
              "+ message['content'] + '<|im_end|>' + '\n'}}",
              "}}{% if message['role'] == 'assistant' %}{% generation %}"
                  + "{{ message['content'] + '<|im_end|>' }}{% endgeneration %}{{ '\n' }}"
                  + "{% else %}{{ message['content'] + '<|im_end|>' + '\n'}}{% endif %}"),
          "google-gemma-2-2b-it.jinja",
          Map.of(
              "+ message['content'] | trim + '<end_of_turn>\n' }}",
              "}}{% if role == 'model' %}{% generation %}"
                  + "{{ message['content'] | trim + '<end_of_turn>' }}{% endgeneration %}{{ '\n' }}"
                  + "{% else %}{{ message['content'] | trim + '<end_of_turn>\n' }}{% endif %}"),
          "mistralai-Mistral-Nemo-Instruct-2407.jinja",
          Map.of(
              "{{- message[\"content\"] + eos_token}}",
              "{%- generation %}{{ message[\"content\"] + eos_token}}{% endgeneration -%}"),
          "Qwen-Qwen2.5-7B-Instruct.jinja",
          Map.of(
              "'\\n' + message.content + '<|im_end|>' + '\\n' }}",
              "'\\n' }}{% if message.role == 'assistant' %}{% generation %}"
                  + "{{- message.content + '<|im_end|>' }}{% endgeneration %}{{ '\\n' }}"
                  + "{% else %}{{- message.content + '<|im_end|>' + '\\n' }}{% endif %}"),
          "ibm-granite-granite-3.3-2B-Instruct.jinja",
          Map.of(
              "'<|end_of_role|>' + message['content'] + '<|end_of_text|>\n' }}",
              "'<|end_of_role|>' }}{% if message['role'] == 'assistant' %}{% generation %}"
                  + "{{- message['content'] + '<|end_of_text|>' }}{% endgeneration %}{{ '\n' }}"
                  + "{% else %}{{- message['content'] + '<|end_of_text|>\n' }}{% endif %}"),
          "Bielik-11B-v3.0-Instruct.jinja",
          Map.of(
              "{{- content.lstrip() }}",
              "{%- generation %}{{- content.lstrip() }}{{- '<|im_end|>' }}{% endgeneration %}",
              "{%- endfor %}\n        {%- endif %}\n        {{- '<|im_end|>\\n' }}\n    {%- elif"
                  + " message['role'] == 'tool' %}",
              "{%- endfor %}\n        {%- endif %}\n        {{- '\\n' }}\n    {%- elif"
                  + " message['role'] == 'tool' %}"));

  @TempDir private Path folder;

  private record Case(
      String name, String plain, String tagged, List<Map<String, Object>> messages) {}

  @Test
  void idsAndCountedTokensAreThoseOfTransformers() throws Exception {
    Path model = Path.of(System.getProperty("smollm2", ""));
    Assumptions.assumeTrue(
        Files.exists(model.resolve("tokenizer.json")), "no -Dsmollm2 with SmolLM2's tokenizer");
    Path shared =
        Path.of(System.getProperty("shared.dir", "")).resolve("chat-templates/cases.json");
    Assumptions.assumeTrue(Files.exists(shared), "no shared chat templates at " + shared);
    List<Case> cases = cases(Json.tree(Files.readString(shared), "cases").get("templates"));
    List<String> lines = new ArrayList<>();
    for (Case each : cases) {
      lines.add(Json.line(Map.of("template", each.tagged(), "messages", each.messages())));
    }
    Path file = Files.write(folder.resolve("cases.jsonl"), lines);
    List<JsonNode> expected =
        PythonTemplates.run("chat_tokens.py", model.toString(), file.toString());

    assertThat(expected).hasSameSizeAs(cases);
    try (var tokenizer = Tokenizer.load(model)) {
      for (int i = 0; i < cases.size(); i++) {
        assertThat(expected.get(i).has("error")).as(expected.get(i).toString()).isFalse();
        check(tokenizer, cases.get(i), cases.get(i).tagged(), expected.get(i));
        check(tokenizer, cases.get(i), cases.get(i).plain(), expected.get(i));
      }
    }
  }

  private void check(Tokenizer tokenizer, Case one, String template, JsonNode expected)
      throws IOException {
    Path file = Files.writeString(folder.resolve("template.jinja"), template);
    var chat = ChatTemplate.of(folder, tokenizer, Optional.of(file.toString()));
    var ours =
        new ConversationTokenizer(tokenizer, chat, 100_000)
            .tokenize(new Conversation(one.messages(), null));
    String name = one.name() + (template.equals(one.tagged()) ? " tagged " : " plain ");
    List<Integer> ids = new ArrayList<>();
    List<Integer> mask = new ArrayList<>();
    expected.get("ids").forEach(id -> ids.add(id.asInt()));
    expected.get("mask").forEach(flag -> mask.add(flag.asInt()));
    var counted = new byte[mask.size()];
    for (int i = 0; i < counted.length; i++) {
      counted[i] = mask.get(i).byteValue();
    }
    assertThat(ours.ids()).as(name + one.messages()).containsExactly(ints(ids));
    assertThat(ConversationTokenizer.marked(tokenizer, ours.ids(), ours.counted()))
        .as(name + one.messages())
        .isEqualTo(ConversationTokenizer.marked(tokenizer, ints(ids), counted));
  }

  private static int[] ints(List<Integer> list) {
    return list.stream().mapToInt(i -> i).toArray();
  }

  private static List<Case> cases(JsonNode templates) {
    List<Case> cases = new ArrayList<>();
    var random = new SplittableRandom(7);
    for (String name : TAGS.keySet().stream().sorted().toList()) {
      String plain = templates.get(name).asText();
      String tagged = plain;
      for (var tag : TAGS.get(name).entrySet()) {
        assertThat(tagged).as(name).contains(tag.getKey());
        tagged = tagged.replace(tag.getKey(), tag.getValue());
      }
      for (int i = 0; i < CONVERSATIONS; i++) {
        boolean system = !name.contains("gemma") && random.nextBoolean();
        cases.add(new Case(name, plain, tagged, conversation(random, system)));
      }
    }
    return cases;
  }

  private static List<Map<String, Object>> conversation(SplittableRandom random, boolean system) {
    List<Map<String, Object>> messages = new ArrayList<>();
    if (system) {
      messages.add(Conversation.message("system", words(random, 6)));
    }
    int exchanges = random.nextInt(1, 5);
    for (int i = 0; i < exchanges; i++) {
      messages.add(Conversation.message("user", words(random, 12)));
      messages.add(Conversation.message("assistant", words(random, 20)));
    }
    return messages;
  }

  private static String words(SplittableRandom random, int most) {
    String[] pieces = {
      "hello", " world", "\n", " it's", "é", "世界", "😀", " 1234", "  ", "<b>", "`x = 1`", "\n\n",
      "."
    };
    var text = new StringBuilder("a");
    int count = random.nextInt(most);
    for (int i = 0; i < count; i++) {
      text.append(pieces[random.nextInt(pieces.length)]);
    }
    return text.toString();
  }
}
