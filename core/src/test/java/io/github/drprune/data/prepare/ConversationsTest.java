package io.github.drprune.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.conversation.ConversationTokenizer;
import io.github.drprune.data.Manifest;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.Split;
import io.github.drprune.data.TokenSequences;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import io.github.drprune.tokenizer.TinyTokenizer;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conversations as prepared data. */
class ConversationsTest {
  private static final String TEMPLATE =
      """
      {%- for m in messages %}
      {%- if m.role == 'system' %}{{ raise_exception('no system messages') }}{% endif %}
      {{- '<s>' + m.role[0] + ':' + m.content + '</s>' }}
      {%- endfor %}
      """;

  @TempDir private Path folder;
  private Path tokenizer;
  private Path corpus;
  private Path template;

  @BeforeEach
  void write() throws IOException {
    tokenizer = TinyTokenizer.write(folder.resolve("tokenizer"));
    corpus = Files.createDirectories(folder.resolve("corpus"));
    template = Files.writeString(folder.resolve("template.jinja"), TEMPLATE);
  }

  private PrepareConfig config(int seqLen, String... more) {
    List<String> sets =
        new ArrayList<>(
            List.of(
                "seq_len=" + seqLen,
                "eval_fraction=0",
                "conversations=true",
                "template=" + template));
    sets.addAll(List.of(more));
    return PrepareConfig.of(sets.toArray(String[]::new));
  }

  private static String line(String... turns) {
    List<Map<String, String>> messages = new ArrayList<>();
    for (String turn : turns) {
      int colon = turn.indexOf(':');
      messages.add(Map.of("role", turn.substring(0, colon), "content", turn.substring(colon + 1)));
    }
    return Json.line(Map.of("messages", messages)) + "\n";
  }

  private List<String> rows(Path out) {
    return rows(out, "chat");
  }

  private List<String> rows(Path out, String domain) {
    List<String> rows = new ArrayList<>();
    try (var data = PreparedData.open(out);
        var loaded = Tokenizer.load(tokenizer)) {
      data.verify(_ -> {});
      TokenSequences train = data.split(domain, Split.TRAIN).orElseThrow();
      for (long row = 0; row < train.count(); row++) {
        rows.add(ConversationTokenizer.marked(loaded, train.row(row), train.counted(row)));
      }
    }
    return rows;
  }

  private Manifest prepare(PrepareConfig config, Path out) throws IOException {
    return Corpora.prepare(corpus, tokenizer, config, out);
  }

  @Test
  void eachConversationIsARowAndTheAssistantCounts() throws IOException {
    Files.writeString(
        corpus.resolve("chat.jsonl"),
        line("user:the", "assistant:th") + line("user:h", "assistant:e", "user:t", "assistant:he"));
    Path out = folder.resolve("out");
    Manifest manifest = prepare(config(24), out);

    assertThat(rows(out))
        .containsExactly(
            "<s>u:the</s><s>a:[[th</s>]]" + "</s>".repeat(14),
            "<s>u:h</s><s>a:[[e</s>]]<s>u:t</s><s>a:[[he</s>]]</s></s></s>");
    var data = manifest.domains().getFirst().splits().get(Split.TRAIN);
    assertThat(data.tokens()).isEqualTo(10 + 21);
    assertThat(data.countedTokens()).isEqualTo(2 + 2 + 3);
    assertThat(out.resolve("chat/train-00000.mask.npy")).exists();
    assertThat(out.resolve("chat/train-00000.starts.npy")).doesNotExist();
    assertThat(out.resolve("chat_template.jinja")).hasContent(TEMPLATE);
  }

  @Test
  void aTemplateThatWasLostIsWrittenAgain() throws IOException {
    Files.writeString(corpus.resolve("chat.jsonl"), line("user:the", "assistant:th"));
    Path out = folder.resolve("out");
    Manifest before = prepare(config(24), out);
    assertThat(before.lacksTemplate(out)).isFalse();
    Files.delete(out.resolve("chat_template.jinja"));
    assertThat(before.lacksTemplate(out)).isTrue();
    assertThat(prepare(config(24), out)).isEqualTo(before);
    assertThat(out.resolve("chat_template.jinja")).hasContent(TEMPLATE);
  }

  /** As where a tokenizer was given one that its model has no row for. */
  @Test
  void theTokenNamedForPaddingIsNotUsed() throws IOException {
    TinyTokenizer.add(tokenizer, "<pad>");
    Path names = tokenizer.resolve("tokenizer_config.json");
    Files.writeString(
        names, Files.readString(names).replaceFirst("\\{", "{\"pad_token\": \"<pad>\", "));
    Files.writeString(corpus.resolve("chat.jsonl"), line("user:the", "assistant:th"));
    Path out = folder.resolve("out");
    prepare(config(24), out);
    assertThat(rows(out)).containsExactly("<s>u:the</s><s>a:[[th</s>]]" + "</s>".repeat(14));
  }

  /** The file is pyarrow's: a list of structures, one of whose fields has no value. */
  @Test
  void rowsOfParquetAreReadAsLinesAre() throws IOException {
    resource("messages.parquet");
    Path out = folder.resolve("out");
    prepare(config(24), out);
    assertThat(rows(out))
        .containsExactly(
            "<s>u:the</s><s>a:[[th</s>]]" + "</s>".repeat(14),
            "<s>u:h</s><s>a:[[e</s>]]<s>u:t</s><s>a:[[he</s>]]</s></s></s>");
  }

  /** As lines are, whether the rows are conversations or have them in a column of text. */
  @Test
  void aConversationTooLongToBeHeldIsRefused() throws IOException {
    resource("long.parquet"); // its texts are no conversations at all
    assertThatThrownBy(() -> prepare(config(24, "max_bad_lines=3"), folder.resolve("out")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("chat.parquet:1: ")
        .hasMessageContaining("chat.parquet:2: too long for a conversation; ")
        .hasMessageContaining("chat.parquet:3: the text is null");

    resource("long-messages.parquet");
    Path out = folder.resolve("rows");
    assertThat(prepare(config(24, "max_bad_lines=1"), out).malformedRecords()).isEqualTo(1);
    assertThat(rows(out))
        .containsExactly(
            "<s>u:the</s><s>a:[[th</s>]]" + "</s>".repeat(14),
            "<s>u:h</s><s>a:[[e</s>]]" + "</s>".repeat(14));
    assertThatThrownBy(() -> prepare(config(24, "max_bad_lines=0"), folder.resolve("none")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("chat.parquet:2: too long for a conversation");
  }

  /** Beside the conversations are a timestamp, a decimal number, a map, and a domain's name. */
  @Test
  void columnsThatNoConversationHasAreNotRead() throws IOException {
    resource("typed.parquet");
    Path out = folder.resolve("out");
    prepare(config(24), out);
    List<String> expected =
        List.of(
            "<s>u:the</s><s>a:[[th</s>]]" + "</s>".repeat(14),
            "<s>u:h</s><s>a:[[e</s>]]" + "</s>".repeat(14));
    assertThat(rows(out)).isEqualTo(expected);

    Path mixed = folder.resolve("mixed");
    try (var loaded = Tokenizer.load(tokenizer)) {
      new Prepare(
              CorpusFinder.mixed(corpus, Storage.LOCAL),
              loaded,
              config(24, "domain_field=meta.set"),
              PrepareListener.SILENT)
          .into(mixed);
    }
    assertThat(rows(mixed, "x")).containsExactly(expected.getFirst());
    assertThat(rows(mixed, "y")).containsExactly(expected.getLast());
  }

  @Test
  void rowsWithoutConversationsAreRefusedAtOnce() throws IOException {
    resource("domains.parquet");
    assertThatThrownBy(() -> prepare(config(24, "text_field=turns"), folder.resolve("out")))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("text_field: ")
        .hasMessageContaining("has no column 'turns' and no 'messages', 'conversations'");
  }

  private void resource(String name) throws IOException {
    try (var rows = ConversationsTest.class.getResourceAsStream("/data/" + name)) {
      Files.copy(rows, corpus.resolve("chat.parquet"), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  @Test
  void packedConversationsKeepWhereTheyBegin() throws IOException {
    Files.writeString(corpus.resolve("chat.jsonl"), line("user:the", "assistant:th").repeat(3));
    Path out = folder.resolve("out");
    prepare(config(24, "packing=true"), out);

    String one = "<s>u:the</s><s>a:[[th</s>]]";
    assertThat(rows(out)).containsExactly(one + one + "</s>".repeat(4), one + "</s>".repeat(14));
    try (var data = PreparedData.open(out)) {
      TokenSequences train = data.split("chat", Split.TRAIN).orElseThrow();
      List<Integer> starts = new ArrayList<>();
      byte[] flags = train.starts(0);
      for (int i = 0; i < flags.length; i++) {
        if (flags[i] == 1) {
          starts.add(i);
        }
      }
      assertThat(starts).containsExactly(0, 10, 20);
    }
  }

  @Test
  void whatDoesNotFitIsCutAfterATurn() throws IOException {
    Files.writeString(
        corpus.resolve("chat.jsonl"), line("user:h", "assistant:e", "user:t", "assistant:he"));
    Path out = folder.resolve("out");
    Manifest manifest = prepare(config(16), out);

    assertThat(rows(out)).containsExactly("<s>u:h</s><s>a:[[e</s>]]" + "</s>".repeat(6));
    assertThat(manifest.domains().getFirst().splits().get(Split.TRAIN).tokens()).isEqualTo(10);
  }

  @Test
  void whatTheTemplateRefusesIsCountedAndToldWithItsPlace() throws IOException {
    Files.writeString(
        corpus.resolve("chat.jsonl"),
        line("user:the", "assistant:th")
            + line("system:x", "user:the", "assistant:th")
            + "{\"text\": \"no\"}\n"
            + line("user:the"));
    Path out = folder.resolve("out");
    assertThatThrownBy(() -> prepare(config(24, "max_bad_lines=1"), out))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("chat.jsonl:2: the template refuses it: no system messages")
        .hasMessageContaining("chat.jsonl:3: no 'messages', 'conversations' or 'instruction'");

    Manifest manifest = prepare(config(24, "max_bad_lines=3"), folder.resolve("more"));
    assertThat(manifest.malformedRecords()).isEqualTo(3);
  }

  @Test
  void aHostileTemplateIsStopped() throws IOException {
    Files.writeString(corpus.resolve("chat.jsonl"), line("user:the", "assistant:th"));
    Files.writeString(
        template,
        "{% for a in range(99999) %}{% for b in range(99999) %}{{ a }}{% endfor %}{% endfor %}");
    assertThatThrownBy(() -> prepare(config(24, "max_bad_lines=0"), folder.resolve("out")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("chat.jsonl:1")
        .hasMessageContaining("the template was stopped");
    Files.writeString(template, "{% for");
    assertThatThrownBy(() -> prepare(config(24), folder.resolve("out2")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("not a template of conversations");
  }

  @Test
  void settingsThatDoNotGoTogether() throws IOException {
    Files.writeString(corpus.resolve("chat.jsonl"), line("user:the", "assistant:th"));
    assertThatThrownBy(() -> PrepareConfig.of("seq_len=8", "packing=true"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("add conversations=true");
    assertThatThrownBy(
            () ->
                prepare(PrepareConfig.of("seq_len=8", "conversations=true"), folder.resolve("out")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("choose chatml, llama3, alpaca");
  }
}
