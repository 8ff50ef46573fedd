package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.config.PipelineConfig;
import io.github.drprune.config.binding.ConfigKey;
import io.github.drprune.data.Manifest;
import io.github.drprune.data.Split;
import io.github.drprune.data.TokenType;
import io.github.drprune.demo.DemoCorpus;
import io.github.drprune.demo.DemoTokenizer;
import io.github.drprune.json.Json;
import io.github.drprune.launch.Launch;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ModelShape;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Model.OptionSpec;

/** From text to a smaller model that is evaluated and reported, by {@code run}. */
class PipelineTest {
  private static final ModelShape TARGET = new ModelShape(16, 1, 1, 1, 24);

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void writeText() throws IOException {
    DemoCorpus.write(folder.resolve("corpus"), 60_000, 5);
    DemoTokenizer.write(Files.createDirectories(folder.resolve("tokenizer")));
  }

  private int run(String file, String... more) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    String[] arguments = new String[more.length + 4];
    arguments[0] = "run";
    arguments[1] = folder.resolve(file).toString();
    arguments[2] = "--threads";
    arguments[3] = "1";
    System.arraycopy(more, 0, arguments, 4, more.length);
    return Main.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }

  private void write(String file, String yaml) throws IOException {
    Files.writeString(folder.resolve(file), yaml.replace("HERE", folder.toString()));
  }

  @Test
  void everyStageOnceAndInOrder() throws IOException {
    write(
        "source.yaml",
        """
        prepare: {tokenizer: HERE/tokenizer, input: HERE/corpus, seq_len: 64, out: HERE/data}
        train:
          output: HERE/source
          steps: 2
          evaluation_sequences: 1
          shape: {hidden_size: 32, layers: 2, heads: 2, intermediate_size: 48, tokenizer: HERE/tokenizer}
        """);
    assertThat(run("source.yaml")).as(err.toString()).isZero();

    write(
        "small.yaml",
        """
        prune:
          model: HERE/source/model
          data: HERE/data
          output: HERE/pruned
          steps: 3
          evaluation_sequences: 1
          hidden_basis: source
          target: {hidden_size: 16, layers: 1, heads: 1, intermediate_size: 24}
        cut: {model: HERE/source/model, masks: HERE/pruned/masks.json, output: HERE/again}
        train: {output: HERE/final, steps: 2, evaluation_sequences: 1}
        evaluate: {json: HERE/figures.json}
        report: {out: HERE/report.html}
        """);
    assertThat(run("small.yaml")).as(err.toString()).isZero();
    assertThat(err.toString())
        .containsSubsequence("=== prune", "=== cut", "=== train", "=== evaluate", "=== report");
    for (String model : new String[] {"pruned/model", "again", "final/model"}) {
      assertThat(CheckpointCheck.of(folder.resolve(model)).shape()).isEqualTo(TARGET);
    }
    JsonNode figures = Json.tree(Files.readString(folder.resolve("figures.json")), "figures.json");
    assertThat(figures.findValuesAsText("model"))
        .contains(folder.resolve("final/model").toString());
    assertThat(folder.resolve("report.html")).isNotEmptyFile();

    assertThat(run("small.yaml")).isZero();
    assertThat(err.toString().lines().filter(line -> line.contains("done before"))).hasSize(5);

    assertThat(run("small.yaml", "--set", "train.steps=3")).isEqualTo(2);
    assertThat(err.toString().lines().filter(line -> line.startsWith("drprune: "))).hasSize(1);
  }

  /** What lies in the folders of stages is made when they have run: only the corpus is missing. */
  @Test
  void filesMayLieInFoldersThatTheStagesMake() throws IOException {
    write(
        "fresh.yaml",
        """
        prepare: {tokenizer: HERE/tokenizer, input: HERE/none, seq_len: 64, out: HERE/fresh/data}
        train:
          output: HERE/fresh/runs/small
          steps: 2
          shape: {hidden_size: 32, layers: 2, heads: 2, intermediate_size: 48, tokenizer: HERE/tokenizer}
        evaluate: {json: HERE/fresh/runs/evaluation.json}
        report: {out: HERE/fresh/report.html}
        """);
    assertThat(run("fresh.yaml")).isEqualTo(2);
    assertThat(err.toString()).contains(folder + "/none").doesNotContain("make it");
    String result = "report.out=" + folder.resolve("fresh/runs/small/model/report.html");
    assertThat(run("fresh.yaml", "--set", result)).isEqualTo(2);
    assertThat(err.toString()).contains(folder + "/none").doesNotContain("report.out");
  }

  @ParameterizedTest
  @CsvSource({
    "report.out, other/report.html, make it",
    "report.out, fresh/runs/small/pages/report.html, make it",
    "report.out, fresh/runs/small, is a folder that a stage makes; name a file in it",
    "evaluate.json, fresh/runs, is a folder that a stage makes; name a file in it",
    "evaluate.json, fresh/runs/small/none/evaluation.json, make it",
    "evaluate.json, fresh/runs/small/origin.json, has the name of a file of a model"
  })
  void filesThatNoStageLeavesRoomForAreRefusedBeforeTheFirst(
      String key, String path, String message) throws IOException {
    write(
        "fresh.yaml",
        """
        prepare: {tokenizer: HERE/tokenizer, input: HERE/corpus, seq_len: 64, out: HERE/fresh/data}
        train:
          output: HERE/fresh/runs/small
          steps: 2
          shape: {hidden_size: 32, layers: 2, heads: 2, intermediate_size: 48, tokenizer: HERE/tokenizer}
        evaluate: {json: HERE/fresh/evaluation.json}
        report: {out: HERE/fresh/report.html}
        """);
    assertThat(run("fresh.yaml", "--set", key + "=" + folder.resolve(path))).isEqualTo(2);
    assertThat(err.toString()).hasLineCount(1).contains("fresh.yaml: " + key + ": ", message);
    assertThat(folder.resolve("fresh")).doesNotExist();
  }

  @Test
  void aTemplateForToolsIsAnInputOfPrepare() throws IOException {
    Path tokenizer = folder.resolve("tokenizer");
    Files.writeString(
        tokenizer.resolve("chat_template.jinja"),
        """
        {%- for m in messages %}
        {%- if m.role == 'user' %}{{ m.content }}
        {%- else %}{% generation %}{{ m.content }}{% endgeneration %}{% endif %}
        {%- endfor %}
        """);
    Path chats = Files.createDirectories(folder.resolve("chats"));
    Files.writeString(
        chats.resolve("a.jsonl"),
        """
        {"messages": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}]}
        """);
    write(
        "chats.yaml",
        """
        prepare:
          tokenizer: HERE/tokenizer
          input: HERE/chats
          conversations: true
          eval_fraction: 0
          seq_len: 64
          out: HERE/tokens
        """);
    assertThat(run("chats.yaml")).as(err.toString()).isZero();
    assertThat(run("chats.yaml")).as(err.toString()).isZero();
    Path more = Files.createDirectory(tokenizer.resolve("additional_chat_templates"));
    Files.writeString(more.resolve("tool_use.jinja"), "{{ tools }}");
    assertThat(run("chats.yaml")).isNotZero();
    assertThat(err.toString()).contains("prepare: settings or inputs changed");
  }

  @Test
  void theThreadsThatAreSaidAreThoseOfEachLaunchedProcess() {
    int cores = Runtime.getRuntime().availableProcessors();
    assertThat(threadsOfEachOfFour("run", "any.yaml", "--threads", "8")).isEqualTo(8);
    assertThat(threadsOfEachOfFour("run", "any.yaml")).isEqualTo(Math.max(1, cores / 4));
  }

  private static int threadsOfEachOfFour(String... arguments) {
    var program = Main.commandLine();
    program.parseArgs(arguments);
    RunCommand run = program.getSubcommands().get("run").getCommand();
    var four = new Launch(List.of(), 4, 4, 0, Duration.ofMinutes(1));
    run.in(new LaunchedProcesses(four, Optional.empty(), program.getOut(), program.getErr()));
    return run.threadsOfEach();
  }

  /** The thread count is the pipeline's; the figures are those of the manifest. */
  @Test
  void everyOptionOfPrepareIsAKey() {
    var keys =
        ConfigKey.of(PipelineConfig.class).stream()
            .map(ConfigKey::path)
            .filter(path -> path.startsWith("prepare."))
            .map(path -> path.substring("prepare.".length()))
            .map(key -> "--" + key.replace('_', '-').replace("domains", "domain"));
    var options =
        Main.commandLine().getSubcommands().get("prepare").getCommandSpec().options().stream()
            .map(OptionSpec::longestName)
            .filter(name -> !List.of("--threads", "--json", "--help", "--version").contains(name));
    assertThat(keys).containsExactlyInAnyOrderElementsOf(options.toList());
  }

  @Test
  void theKeysOfPrepareReachIt() throws IOException {
    Files.writeString(folder.resolve("a.jsonl"), "no JSON\n{\"body\": \"some <eos> text\"}\n");
    Files.writeString(folder.resolve("b.jsonl"), "{\"body\": \"other text, held out\"}\n");
    write(
        "prepare.yaml",
        """
        prepare:
          tokenizer: HERE/tokenizer
          domains: {"x:train": HERE/a.jsonl, "x:eval": HERE/b.jsonl}
          seq_len: 2
          out: HERE/data
          text_field: body
          eval_fraction: 0.5
          eval_sequences: 1
          dtype: uint32
          shard_mib: 1
          max_bad_lines: 1
          special_tokens: text
        """);
    assertThat(run("prepare.yaml")).as(err.toString()).isZero();
    var manifest = Manifest.read(folder.resolve("data"));
    assertThat(manifest.tokenType()).isEqualTo(TokenType.UINT32);
    assertThat(manifest.malformedRecords()).isEqualTo(1);
    assertThat(manifest.specialTokensInText()).isZero();
    assertThat(manifest.domains().getFirst().splits()).containsOnlyKeys(Split.TRAIN, Split.EVAL);

    Files.copy(folder.resolve("prepare.yaml"), folder.resolve("huge.yaml"));
    String out = "prepare.out=" + folder.resolve("huge");
    assertThat(run("huge.yaml", "--set", out, "--set", "prepare.shard_mib=9000000000000"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("drprune: prepare.shard_mib: 9.0E12 is out of range");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "train.distillation.teacher=%s",
        "train.data=%s",
        "cut.masks=%s",
        "cut.model=%s",
        "evaluate.models=[HERE/final/model, %s]",
        "evaluate.data=%s",
        "report.runs=[%s]"
      })
  void whatNoStageMakesIsMissedBeforeTheFirst(String assignment) throws IOException {
    write(
        "late.yaml",
        """
        prepare: {tokenizer: HERE/tokenizer, input: HERE/corpus, seq_len: 64, out: HERE/data}
        train:
          output: HERE/final
          steps: 2
          shape: {hidden_size: 32, layers: 2, heads: 2, intermediate_size: 48, tokenizer: HERE/tokenizer}
        cut: {model: HERE/final/model, masks: HERE/final/masks.json, output: HERE/cut}
        evaluate: {json: HERE/figures.json}
        report: {out: HERE/report.html}
        """);
    String nowhere = folder + "/nowhere";
    String set = assignment.formatted(nowhere).replace("HERE", folder.toString());

    assertThat(run("late.yaml", "--set", set)).isEqualTo(2);

    String key = assignment.substring(0, assignment.indexOf('='));
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(err.toString()).contains("late.yaml: " + key + ": " + nowhere + ": no such file");
    assertThat(folder.resolve("data")).doesNotExist();
  }

  @Test
  void mistakesAreOneLineBeforeAnythingRuns() throws IOException {
    write("wrong.yaml", "prune: {model: HERE/none, steps: 3, outptu: HERE/x}\n");
    assertThat(run("wrong.yaml")).isEqualTo(2);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(err.toString()).contains("outptu", "output");
  }
}
