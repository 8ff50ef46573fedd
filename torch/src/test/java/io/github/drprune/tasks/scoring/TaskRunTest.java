package io.github.drprune.tasks.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.data.prepare.CorpusFinder;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.demo.DemoTokenizer;
import io.github.drprune.error.UserException;
import io.github.drprune.io.ByteSize;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.model.TinyModels;
import io.github.drprune.tasks.TaskEvaluations;
import io.github.drprune.tasks.documents.DatasetFinder;
import io.github.drprune.tasks.file.TaskLibrary;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tasks from files to results, on a random model whose tokens are bytes. */
class TaskRunTest {
  private static final ModelOptions OPTIONS =
      ModelOptions.inference(LibTorch.device("cpu"), Optional.of(Precision.FP32));

  @TempDir private Path folder;

  @BeforeEach
  void writeModelAndTasks() throws IOException {
    DemoTokenizer.write(Files.createDirectory(folder.resolve("tokenizer")));
    writeModel("model", 256);
    var documents = new StringBuilder();
    // Long enough that the questions are asked in several parts.
    for (int i = 0; i < 900; i++) {
      documents.append(
          "{\"q\": \"%s number %d?\", \"c\": [\"one %d\", \"two\", \"three\"], \"g\": %d}\n"
              .formatted("word ".repeat(20), i, i, i % 3));
    }
    Files.writeString(folder.resolve("d.jsonl"), documents);
    Files.writeString(
        folder.resolve("choices.yaml"),
        """
        task: choices
        dataset_path: json
        dataset_kwargs: {data_files: d.jsonl}
        test_split: train
        output_type: multiple_choice
        doc_to_text: "Question: {{q}}\\nAnswer:"
        doc_to_choice: c
        doc_to_target: g
        """);
    Files.writeString(
        folder.resolve("texts.yaml"),
        """
        include: choices.yaml
        task: texts
        output_type: generate_until
        doc_to_choice: null
        doc_to_target: "{{c[g]}}"
        generation_kwargs: {until: ["z"], max_gen_toks: 4}
        """);
  }

  private Path writeModel(String name, int positions) throws IOException {
    var config =
        ConfigReader.parse(
            """
            {"model_type": "llama", "hidden_size": 16, "num_attention_heads": 4,
             "num_hidden_layers": 2, "intermediate_size": 24, "vocab_size": 258,
             "max_position_embeddings": %d}
            """
                .formatted(positions),
            "config.json");
    Path out = folder.resolve(name);
    try (var model = ModelLoader.random(config, TinyModels.FIXED, 3)) {
      Path tokenizer = folder.resolve("tokenizer");
      ModelWriter.save(model, out, tokenizer, Optional.empty(), ByteSize.parse("1GB"));
    }
    return out;
  }

  private TaskRun run(String results, int limit) throws IOException {
    return run(results, limit, false);
  }

  private TaskRun run(String results, int limit, boolean asConversations) throws IOException {
    var selection = TaskLibrary.of(List.of(folder)).select(List.of("choices", "texts"));
    Path samples = folder.resolve(results);
    return new TaskRun(
        List.of(folder.resolve("model")),
        selection,
        new DatasetFinder(List.of()),
        Optional.empty(),
        Optional.empty(),
        limit,
        OptionalInt.empty(),
        asConversations,
        1000,
        Optional.of(samples),
        Optional.of(samples.resolve("unfinished.jsonl")));
  }

  @Test
  void promptsTakeTheFormOfTheModelsTemplate() throws Exception {
    Path template = folder.resolve("model/chat_template.jinja");
    Files.writeString(
        template,
        """
        {%- for m in messages -%}
        {{ '<' + m.role + '>' + m.content + '</' + m.role + '>' }}
        {%- endfor -%}
        {{ '<assistant>' if add_generation_prompt }}\
        """);
    run("plain", 3).run(OPTIONS, TaskListener.NONE);
    run("chat", 3, true).run(OPTIONS, TaskListener.NONE);
    List<String> plain = prompts("plain");
    assertThat(plain).hasSize(3);
    assertThat(prompts("chat"))
        .containsExactlyElementsOf(
            plain.stream().map(text -> "<user>" + text + "</user><assistant>").toList());
    Files.writeString(template, "{{ raise_exception('only with images') }}");
    assertThatThrownBy(() -> run("refused", 3, true).run(OPTIONS, TaskListener.NONE))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll(
            "task choices: document 0: apply_chat_template: the model in",
            "the template refuses it: only with images; leave it out");
    Files.delete(template);
    assertThatThrownBy(() -> run("none", 3, true).run(OPTIONS, TaskListener.NONE))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("has no template of conversations");
  }

  private List<String> prompts(String results) throws IOException {
    return Files.readAllLines(folder.resolve(results).resolve("choices.jsonl")).stream()
        .map(line -> Json.tree(line, results).get("prompts").get(0).asText())
        .toList();
  }

  private static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @Test
  void aRunThatWasStoppedGoesOnWithTheSameResult() throws IOException {
    TaskEvaluations whole = run("whole", 900).run(OPTIONS, TaskListener.NONE);
    var stopping =
        new TaskListener() {
          @Override
          public void answered(int questions) {
            throw new Stopped();
          }
        };
    assertThatThrownBy(() -> run("again", 900).run(OPTIONS, stopping)).isInstanceOf(Stopped.class);
    Path unfinished = folder.resolve("again/unfinished.jsonl");
    int kept = Files.readAllLines(unfinished).size();
    // As a machine that lost its power leaves it.
    Files.writeString(unfinished, Files.readString(unfinished) + "{\"key\":\"half");

    int[] there = {0};
    TaskRun again = run("again", 900);
    TaskEvaluations resumed =
        again.run(
            OPTIONS,
            new TaskListener() {
              @Override
              public void begins(String model, String task, int questions, int answered) {
                there[0] = Math.max(there[0], answered);
              }
            });
    again.forget();

    assertThat(there[0]).isEqualTo(kept).isBetween(1, 899);
    assertThat(Json.line(resumed.models().getFirst().tasks()))
        .isEqualTo(Json.line(whole.models().getFirst().tasks()));
    for (String file : List.of("choices.jsonl", "texts.jsonl")) {
      assertThat(folder.resolve("again").resolve(file))
          .hasSameTextualContentAs(folder.resolve("whole").resolve(file));
    }
    assertThat(unfinished).doesNotExist();
  }

  private void writeLetters(String domain, int records) throws IOException {
    var text = new StringBuilder();
    var random = new SplittableRandom(5);
    for (int i = 0; i < records; i++) {
      text.append("{\"text\": \"");
      random.ints(60, 'a', 'z').forEach(c -> text.append((char) c));
      text.append("\"}\n");
    }
    Path corpus = Files.createDirectories(folder.resolve("text"));
    Files.writeString(corpus.resolve(domain + ".jsonl"), text);
  }

  /** Data of what {@link #writeLetters} wrote. */
  private Path prepared() throws IOException {
    Path corpus = folder.resolve("text");
    Path data = folder.resolve("data");
    var settings = PrepareConfig.of("seq_len=64", "eval_fraction=0.5", "shard_mib=1");
    try (var tokenizer = Tokenizer.load(folder.resolve("model"))) {
      new Prepare(CorpusFinder.in(corpus), tokenizer, settings, PrepareListener.SILENT).into(data);
    }
    return data;
  }

  private TaskRun continuations(Path data, int limit) {
    return new TaskRun(
        List.of(folder.resolve("model")),
        new TaskLibrary.Selection(List.of(), List.of()),
        new DatasetFinder(List.of()),
        Optional.of(data),
        Optional.empty(),
        limit,
        OptionalInt.empty(),
        false,
        0,
        Optional.empty(),
        Optional.empty());
  }

  /** A model that learned nothing is right as often as one that draws. */
  @Test
  void continuationsAreAskedForByDomain() throws IOException {
    writeLetters("letters", 600);
    var run = continuations(prepared(), 200);

    var results = run.run(OPTIONS, TaskListener.NONE).models().getFirst().tasks();

    assertThat(results).containsOnlyKeys("continuation_letters");
    var figures = results.get("continuation_letters");
    assertThat(figures.documents()).isBetween(50, 200);
    assertThat(figures.metrics().get("acc")).isBetween(0.1, 0.45);
  }

  @Test
  void domainsWithNothingToChooseFromAreTold() throws IOException {
    writeLetters("letters", 600);
    writeLetters("short", 3);
    List<String> told = new ArrayList<>();

    var results =
        continuations(prepared(), 2)
            .run(
                OPTIONS,
                new TaskListener() {
                  @Override
                  public void withoutChoices(List<String> domains) {
                    told.addAll(domains);
                  }
                });

    assertThat(results.models().getFirst().tasks()).containsOnlyKeys("continuation_letters");
    assertThat(told).containsExactly("short");
  }

  @Test
  void dataWithNothingToChooseFromIsRefused() throws IOException {
    writeLetters("short", 3);
    assertToldFirst(continuations(prepared(), 2), "continuations: no domain of ");
  }

  @Test
  void conversationsAreNoTextToGoOn() throws IOException {
    Path chats = Files.createDirectory(folder.resolve("chats"));
    Files.writeString(
        chats.resolve("a.jsonl"), "{\"instruction\": \"q\", \"output\": \"a\"}\n".repeat(9));
    Path data = folder.resolve("conversations");
    var settings =
        PrepareConfig.of("seq_len=256", "conversations=true", "template=alpaca", "shard_mib=1");
    try (var tokenizer = Tokenizer.load(folder.resolve("model"))) {
      new Prepare(CorpusFinder.in(chats), tokenizer, settings, PrepareListener.SILENT).into(data);
    }
    assertToldFirst(continuations(data, 5), "continuations: " + data + " holds conversations");
  }

  @Test
  void aModelThatComputesNoNumbersIsTold() throws IOException {
    Path broken = folder.resolve("broken");
    try (var model = ModelLoader.load(folder.resolve("model"), TinyModels.TRAINED);
        var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      model.weights().get("lm_head.weight").tensor().fill_(new Scalar(3e38));
      ModelWriter.save(
          model, broken, folder.resolve("model"), Optional.empty(), ByteSize.parse("1GB"));
    }
    assertThatThrownBy(
            () -> run(List.of(broken), Optional.empty(), 200).run(OPTIONS, TaskListener.NONE))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("computes NaN or infinity");
  }

  @Test
  void aLimitOfNoneIsRefusedWithoutTasksToo() {
    for (int limit : new int[] {0, -1}) {
      assertThatThrownBy(() -> continuations(folder, limit))
          .isInstanceOf(UserException.class)
          .hasMessage("limit: must be at least 1, not " + limit);
    }
  }

  /** The task {@code choices}, asked of models with what is wrong with the last of them. */
  private TaskRun run(List<Path> models, Optional<Path> data, int maxLength) throws IOException {
    return new TaskRun(
        models,
        TaskLibrary.of(List.of(folder)).select(List.of("choices")),
        new DatasetFinder(List.of()),
        data,
        Optional.empty(),
        2,
        OptionalInt.of(maxLength),
        false,
        0,
        Optional.empty(),
        Optional.empty());
  }

  @Test
  void mistakesOfTheLastModelAndOfTheDataAreToldBeforeTheFirstQuestion() throws IOException {
    Path model = folder.resolve("model");
    Path shorter = writeModel("shorter", 128);
    assertToldFirst(
        run(List.of(model, shorter), Optional.empty(), 200),
        "max_length: must be from 2 to the 128 positions of " + shorter + ", not 200");

    Path none = folder.resolve("none");
    assertToldFirst(run(List.of(model), Optional.of(none), 200), none.toString());

    writeLetters("letters", 600);
    Path data = prepared();
    assertToldFirst(
        run(List.of(model), Optional.of(data), 20),
        data + ": a choice or target of 32 tokens is longer than the 20 that the model reads");

    Path other = writeModel("other", 256);
    Path file = other.resolve("tokenizer.json");
    Files.writeString(file, Files.readString(file) + "\n");
    assertToldFirst(
        run(List.of(model, other), Optional.of(data), 200), "prepared with another tokenizer");

    Files.writeString(
        folder.resolve("choices.yaml"),
        Files.readString(folder.resolve("choices.yaml"))
            .replace("doc_to_choice: c", "doc_to_choice: [\"" + "x".repeat(150) + "\", b, c]"));
    assertToldFirst(
        run(List.of(model, shorter), Optional.empty(), 100),
        model + ": task choices: document 0: a choice or target of 151 tokens is longer");
  }

  private static void assertToldFirst(TaskRun run, String message) {
    var asked =
        new TaskListener() {
          @Override
          public void begins(String model, String task, int questions, int answered) {
            throw new AssertionError("asked");
          }
        };
    assertThatThrownBy(() -> run.run(OPTIONS, asked))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(message);
  }

  @Test
  void mistakesAreToldBeforeTheFirstQuestion() throws IOException {
    Files.writeString(
        folder.resolve("texts.yaml"),
        "include: choices.yaml\ntask: texts\ndoc_to_text: \"{{no}}\"\n");

    assertToldFirst(run("samples", 9), "task texts");
    assertToldFirst(run("samples", 9), "texts.yaml: doc_to_text: line 1");
  }

  @Test
  void aTextThatIsTooLongForTheModelIsTold() throws IOException {
    Files.writeString(
        folder.resolve("texts.yaml"),
        """
        include: choices.yaml
        task: texts
        output_type: generate_until
        doc_to_choice: null
        """);

    assertToldFirst(
        run("samples", 2), "task texts: document 0: max_gen_toks: 256 tokens leave no room");
  }
}
