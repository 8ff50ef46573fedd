package io.github.drprune.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.config.TuneConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.data.Manifest;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.Split;
import io.github.drprune.data.prepare.CorpusFinder;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.distributed.Ranks;
import io.github.drprune.error.UserException;
import io.github.drprune.evaluate.EvaluationText;
import io.github.drprune.evaluate.Evaluator;
import io.github.drprune.generate.Answers;
import io.github.drprune.generate.Chat;
import io.github.drprune.generate.Generation;
import io.github.drprune.generate.Sampling;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.Kernels;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.tokenizer.Tokenizer;
import io.github.drprune.train.StopSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tuning of a tiny model on conversations, from their preparation to answers. */
class TuneRunTest {
  private static final String TEMPLATE =
      """
      {%- for m in messages %}
      {%- if m.role == 'assistant' %} w2 {% generation %}{{ m.content }} </s>{% endgeneration %}
      {%- else %}<s> w1 {{ m.content }}{% endif %}
      {%- endfor %}
      {%- if add_generation_prompt %} w2 {% endif %}
      """;

  @TempDir private Path folder;
  private TinyRun tiny;

  @BeforeEach
  void write() throws IOException {
    tiny = new TinyRun(folder);
  }

  private Path prepare(boolean packing) throws IOException {
    Path out = folder.resolve("chats-" + packing);
    var random = new SplittableRandom(4);
    for (String task : List.of("copy", "next")) {
      var lines = new ArrayList<String>();
      for (int i = 0; i < 60; i++) {
        int word = random.nextInt(3, 40);
        int answer = task.equals("copy") ? word : word + 1;
        lines.add(
            Json.line(Map.of("instruction", "w" + word, "input", "", "output", "w" + answer)));
      }
      Files.createDirectories(folder.resolve("tasks"));
      Files.write(folder.resolve("tasks/" + task + ".jsonl"), lines);
    }
    Path template = Files.writeString(folder.resolve("template.jinja"), TEMPLATE);
    var settings =
        PrepareConfig.of(
            "seq_len=" + TinyRun.SEQ_LEN,
            "eval_fraction=0.2",
            "conversations=true",
            "packing=" + packing,
            "template=" + template);
    try (var tokenizer = Tokenizer.load(tiny.model())) {
      new Prepare(
              CorpusFinder.in(folder.resolve("tasks")), tokenizer, settings, PrepareListener.SILENT)
          .into(out);
    }
    return out;
  }

  private TuneConfig config(Path data, Path output, String... more) {
    List<String> sets =
        new ArrayList<>(
            List.of(
                "model=" + tiny.model(),
                "data=" + data,
                "output=" + output,
                "precision=fp32",
                "device=cpu",
                "global_batch=4",
                "micro_batch=2",
                "evaluation_interval=5",
                "evaluation_sequences=4",
                "checkpoint_interval=4",
                "learning_rate=1e-2",
                "steps=12"));
    sets.addAll(List.of(more));
    return ConfigLoader.load(sets, TuneConfig.class);
  }

  private static Consumer<RunEvent> stopAfter(int step, StopSignal signal) {
    return event -> {
      if (event instanceof RunEvent.Train train && train.step() == step) {
        signal.request();
      }
    };
  }

  /** With the template that is replaced goes the one that the model had for tools. */
  @Test
  void resumedRunsEndWithTheSameBits() throws Exception {
    Path more = Files.createDirectory(tiny.model().resolve("additional_chat_templates"));
    Files.writeString(more.resolve("tool_use.jinja"), "old");
    for (boolean packing : new boolean[] {false, true}) {
      Path data = prepare(packing);
      Path whole = folder.resolve("whole-" + packing);
      Path parts = folder.resolve("parts-" + packing);
      TinyRun.runner().tune(config(data, whole));
      var signal = new StopSignal();
      new Runner((_, _) -> Kernels.REFERENCE, List.of(stopAfter(6, signal)), signal)
          .tune(config(data, parts));
      assertThat(parts.resolve("model")).doesNotExist();
      TinyRun.runner().tune(config(data, parts));

      assertThat(TinyRun.weights(parts)).isEqualTo(TinyRun.weights(whole));
      assertThat(whole.resolve("model/chat_template.jinja")).hasContent(TEMPLATE);
      assertThat(whole.resolve("model/additional_chat_templates")).doesNotExist();
    }
  }

  /** Counted tokens differ from process to process; the loss is the mean over all of them. */
  @ParameterizedTest
  @CsvSource({"false, none", "true, optimizer", "true, full"})
  void twoProcessesTakeTheStepsOfOne(boolean packing, String sharding) throws Exception {
    Path data = prepare(packing);
    Path alone = folder.resolve("alone");
    TinyRun.runner().tune(config(data, alone));
    Path shared = folder.resolve("shared");
    Ranks.run(
        2,
        processes ->
            new Runner((_, _) -> Kernels.REFERENCE, List.of(), new StopSignal(), processes)
                .tune(config(data, shared, "sharding=" + sharding)));

    SharedRunTest.assertSameFigures(EventLog.read(shared), EventLog.read(alone));
    SharedRunTest.assertCloseWeights(shared, alone);
    assertThat(shared.resolve("model/chat_template.jinja")).hasContent(TEMPLATE);
  }

  /** The text of the prompts is not what is coded. */
  @Test
  void bitsPerByteAreOfTheTokensThatCount() throws Exception {
    try (var _ = NativeScope.open();
        var data = PreparedData.open(prepare(false));
        var model = ModelLoader.load(tiny.model(), TinyModels.FIXED)) {
      var rows = EvaluationText.HELD_OUT.of(data);
      var result = new Evaluator(rows, 4, ids -> ids.length).evaluate(model, ModelMasks.NONE);
      for (var loss : result.domains().values()) {
        assertThat(loss.bytes()).isEqualTo(loss.tokens()).isPositive(); // a "byte" a token
      }
    }
  }

  @Test
  void epochsBecomeStepsAndTextIsRefused() throws Exception {
    Path data = prepare(false);
    long sequences =
        Manifest.read(data).domains().stream()
            .mapToLong(domain -> domain.splits().get(Split.TRAIN).sequences())
            .sum();
    TuneRun run = TuneRun.of(config(data, folder.resolve("run"), "epochs=2"));
    assertThat(run.config().steps()).isEqualTo((int) Math.ceil(2 * sequences / 4.0));

    assertThatThrownBy(() -> TinyRun.runner().tune(config(tiny.data(), folder.resolve("text"))))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("data: ")
        .hasMessageContaining("prepare --conversations");

    Files.delete(data.resolve("chat_template.jinja"));
    assertThatThrownBy(() -> TinyRun.runner().tune(config(data, folder.resolve("lost"))))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("has lost its chat_template.jinja; prepare it again");
  }

  @Test
  void aTunedModelAnswersAndAnswersGoOn() throws Exception {
    Path output = folder.resolve("run");
    TinyRun.runner().tune(config(prepare(true), output, "steps=150"));
    Path prompts =
        Files.write(
            folder.resolve("prompts.jsonl"),
            List.of(
                "\uFEFF{\"prompt\": \"w5\"}",
                "{\"instruction\": \"w9\"}",
                "{\"messages\": [{\"role\": \"user\", \"content\": \"w7\"},"
                    + " {\"role\": \"assistant\", \"content\": \"w7\"}]}"));
    var how = new Generation(4, Sampling.GREEDY, 1);
    Path whole = folder.resolve("whole.jsonl");
    Path parts = folder.resolve("parts.jsonl");
    try (var chat = Chat.load(output.resolve("model"), TinyModels.FIXED, Optional.empty())) {
      Answers.write(chat, prompts, whole, output, how, 1, _ -> {});
      String text = Files.readString(whole);
      assertThat(text.lines()).hasSize(3);
      assertThat(text.lines().findFirst().orElseThrow())
          .contains("\"prompt\":\"w5\"", "\"ended\":true");

      Files.writeString(parts, text.substring(0, text.indexOf('\n') + 8));
      Answers.write(chat, prompts, parts, output, how, 2, _ -> {});
      assertThat(parts).hasSameTextualContentAs(whole);

      assertThatThrownBy(
              () ->
                  Answers.write(
                      chat,
                      prompts,
                      parts,
                      output,
                      new Generation(5, Sampling.GREEDY, 1),
                      1,
                      _ -> {}))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("of other settings");

      assertThatThrownBy(() -> Answers.write(chat, prompts, prompts, output, how, 1, _ -> {}))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("is a file to read from");
      assertThat(Files.readAllLines(prompts)).hasSize(3);
      Path tooLong =
          Files.write(
              folder.resolve("long.jsonl"),
              List.of("{\"prompt\": \"w5\"}", "{\"prompt\": \"" + "w6 ".repeat(200) + "\"}"));
      Path none = folder.resolve("none.jsonl");
      assertThatThrownBy(() -> Answers.write(chat, tooLong, none, output, how, 2, _ -> {}))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("long.jsonl:2: the conversation has");
      assertThat(none).doesNotExist();

      Chat.Session session = chat.session(Optional.empty());
      var streamed = new StringBuilder();
      Chat.Reply reply = session.say("w5", how, streamed::append);
      assertThat(streamed).hasToString(reply.text());
      assertThatThrownBy(() -> session.say("w6 ".repeat(20), how, _ -> {}))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("begin a new one");
    }
  }
}
