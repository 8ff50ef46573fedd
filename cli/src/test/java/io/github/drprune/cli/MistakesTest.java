package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.drprune.demo.DemoTokenizer;
import io.github.drprune.io.ByteSize;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.nn.Kernels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Careless and hostile arguments of every command: one line with what, where and what to do, exit
 * code 2, nothing written.
 */
class MistakesTest {
  private static final String LFS =
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935\nsize 12345\n";

  @TempDir private Path folder;
  private String err;

  @BeforeEach
  void layOut() throws IOException {
    var options =
        new ModelOptions(LibTorch.device("cpu"), Precision.FP32, false, Kernels.REFERENCE);
    var config =
        ConfigReader.parse(
            """
            {"model_type": "llama", "hidden_size": 16, "num_hidden_layers": 1, "head_dim": 4,
             "num_attention_heads": 4, "intermediate_size": 20, "vocab_size": 300}\
            """,
            "test");
    try (var _ = NativeScope.open();
        var model = ModelLoader.random(config, options, 1)) {
      Path none = Files.createDirectory(folder.resolve("dir"));
      ModelWriter.save(model, folder.resolve("m"), none, Optional.empty(), ByteSize.parse("1GB"));
    }
    for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      for (var content : List.of(List.of("lfs", LFS), List.of("empty", ""))) {
        Path copy = Files.createDirectories(folder.resolve(content.getFirst() + "-" + file));
        try (var files = Files.list(folder.resolve("m"))) {
          for (Path each : (Iterable<Path>) files::iterator) {
            Files.copy(each, copy.resolve(each.getFileName()));
          }
        }
        Files.writeString(copy.resolve(file), content.getLast());
      }
    }
    Files.writeString(folder.resolve("text"), "some text\n");
    Files.createFile(folder.resolve("nothing"));
    Files.writeString(folder.resolve("lfs"), LFS);
    Files.writeString(folder.resolve("esc\u001b[2J"), "{\"a\u001b[2J\": 1}");
    Files.writeString(folder.resolve("points.yaml"), "{1B: {w: 3}, 4B: {w: 2}, 16B: {w: 1.5}}\n");
    Files.writeString(folder.resolve("alias.yaml"), "output: &o run\ndata: *o\n");
    write("out.yaml", "report: {runs: [HERE/dir], out: HERE/none/r.html}\n");
    write(
        "replaced.yaml",
        "evaluate: {models: [HERE/m], data: HERE/dir, json: HERE/replaced.yaml}\n");
    write("page.yaml", "report: {runs: [HERE/dir], out: HERE/text}\n");
    write("file.yaml", "cut: {model: HERE/m, masks: HERE/nothing, output: HERE/text/x}\n");
    Files.writeString(
        Files.createDirectory(folder.resolve("prepared")).resolve("manifest.json"), "{}");
    DemoTokenizer.write(Files.createDirectory(folder.resolve("tok")));
  }

  /** HERE is the test's folder. */
  private void write(String file, String yaml) throws IOException {
    Files.writeString(folder.resolve(file), yaml.replace("HERE", folder.toString()));
  }

  private int run(List<String> arguments) {
    var errors = new StringWriter();
    int exit =
        Main.commandLine()
            .setOut(new PrintWriter(new StringWriter()))
            .setErr(new PrintWriter(errors))
            .execute(arguments.toArray(String[]::new));
    err = errors.toString();
    return exit;
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.map(Path::toString).sorted().toList();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "inspect none| no such folder",
        "inspect text| not a GGUF file; name one, or the folder of a checkpoint",
        "inspect dir| no such file",
        "inspect lfs-config.json| git lfs pull",
        "inspect lfs-model.safetensors| git lfs pull",
        "inspect lfs-tokenizer.json| git lfs pull",
        "inspect empty-config.json| empty",
        "inspect empty-model.safetensors| 0 bytes",
        "inspect empty-tokenizer.json| empty",
        "inspect m --json none/x.json| does not exist; make it",
        "inspect m --json dir| a folder is there; name a file",
        "inspect m --json text/x.json| is not a folder",
        "inspect m --json /dev/null| not a regular file",
        "inspect m --json m/config.json| of a model, a run, prepared data or other input",
        "inspect m --json m/model.safetensors| of a model, a run, prepared data or other input",
        "masks none --json masks.json| --json masks.json: has the name of a file of a model",
        "inspect m --json text| --json DIR/text: holds other than figures in JSON; name another",
        "data prepared --json prepared/manifest.json| prepared data or other input",
        "cut m --masks nothing --out x --json nothing| --json DIR/nothing is an input",
        "judge nothing text --endpoint http://[::1]:1 --transcript x --model a --json nothing| is"
            + " an input or another result",
        "tasks m --tasks a --data dir --samples dir| is an input",
        "report dir --out text| holds other than an HTML page; name another",
        "report dir --out x --json x| is an input or another result",
        "report dir --out points.yaml| holds other than an HTML page; name another",
        "run replaced.yaml| evaluate.json: DIR/replaced.yaml is an input; name another file",
        "run page.yaml| report.out: DIR/text: holds other than an HTML page; name another",
        "evaluate m none --data dir --json x.json| manifest.json",
        "evaluate m --data dir --json none/x.json| does not exist; make it",
        "evaluate m --data text| text",
        "evaluate m --data dir --batch 0| --batch",
        "generate m --prompt @text| tokenizer.json",
        "generate lfs-tokenizer.json --prompt a| git lfs pull",
        "generate empty-tokenizer.json --prompt a| empty",
        "masks none| no such file; name the masks.json",
        "masks dir| a folder where a file is expected",
        "masks nothing| empty",
        "masks lfs| git lfs pull",
        "masks text| not valid",
        "masks esc| :1: not valid",
        "cut m --masks nothing --out x| empty",
        "cut m --masks none --out text/x| is a file; name a folder",
        "cut m --masks none --out m| exists already",
        "cut lfs-model.safetensors --masks none --out x| git lfs pull",
        "plan shapes none --parameters 3| no such folder",
        "plan shapes m --parameters 3 --json none/x| does not exist; make it",
        "plan prune --config none| no such file",
        "plan train --config dir| a folder where a file is expected",
        "prune --config nothing| empty",
        "prune --config alias.yaml| alias '*o'",
        "train --config lfs| git lfs pull",
        "train --config text| key: value",
        "train --json none/x| does not exist; make it",
        "replay none| no such file",
        "replay dir| no such file",
        "replay text| no start event",
        "replay nothing| no start event",
        "report none| is not a run",
        "report dir| is not a run",
        "reference-loss --points none --parameters 1B| no such file",
        "reference-loss --points dir --parameters 1B| a folder where a file is expected",
        "reference-loss --points nothing --parameters 1B| empty",
        "reference-loss --points points.yaml --parameters x| --parameters",
        "reference-loss --points points.yaml --parameters 1B --json none/x| make it",
        "data none| none",
        "data dir| manifest.json",
        "data dir --json none/x| does not exist; make it",
        "prepare --tokenizer none --input dir --seq-len 8 --out x| no domains there",
        "prepare --tokenizer tok --input none --seq-len 8 --out x| none",
        "prepare --tokenizer tok --input dir --seq-len 1 --out x| --seq-len: 1 is out of range",
        "prepare --tokenizer tok --input dir --seq-len 8 --dtype int8 --out x| --dtype: 'int8'",
        "prepare --tokenizer tok --input dir --seq-len 8 --threads 0 --out x| --threads: must be",
        "prepare --tokenizer tok --input dir --seq-len 8 --out text| is a file; name a folder",
        "prepare --tokenizer tok --input dir --seq-len 8 --out x --json none/x| make it",
        "run none| no such file",
        "run dir| a folder where a file is expected",
        "run text| key: value",
        "run nothing| empty",
        "run out.yaml| report.out: ",
        "run file.yaml| cut.output: ",
        "watch dir --port 99999| --port: must be from 0 to 65535, not 99999",
        "bench m --layers 2 --heads 2| --layers, --heads: have no effect with MODEL, whose shape"
            + " is",
        "bench --workloads train --generated 4| --generated: has no effect without the workload",
        "latency m --type f16| --type: has no effect without --engine llama.cpp=PATH; leave it out",
        "latency m --engine llama.cpp=no --device cpu| --device: has no effect with llama.cpp",
        "data dir --tokenizer tok| --tokenizer: has no effect without --example; leave it out",
        "tasks m --continuations dir --shots 2| --shots: has no effect without --tasks or --suite",
        "tasks m --continuations dir --limit 0| --limit: must be at least 1, not 0",
        "trim-vocabulary m --corpus prepared --keep 9 --text-field b --out x| --text-field: has no",
        "spark-train --ranks 2 --threads 2| unknown option '--threads'",
        "watch none| none",
        "watch text| text",
        "demo --out text| is a file; name a folder",
        "demo --budget some|--budget: 'some' is not a number of tokens",
        "demo --budget 100|--budget: 100 tokens are 0 steps of 1 sequences of 128 tokens",
        "inspct m| did you mean 'inspect'?",
        "inspect| MODEL",
        "bench none| none",
      })
  void isOneLineAndLeavesNothing(String call, String message) throws IOException {
    List<String> before = files();
    assertThat(run(arguments(call))).as(() -> err).isEqualTo(2);
    assertThat(err)
        .contains(message.replace("DIR", folder.toString()))
        .hasLineCount(1)
        .startsWith("drprune: ");
    assertThat(err.strip()).doesNotContainPattern("\\p{Cntrl}");
    assertThat(err)
        .doesNotContain("java.", "Exception", "jackson", "picocli", "`", "Source:", "io.github");
    assertThat(files()).isEqualTo(before);
  }

  private List<String> arguments(String call) {
    return Stream.of(call.split(" "))
        .map(
            word -> {
              if (word.equals("esc")) {
                return folder.resolve("esc\u001b[2J").toString();
              }
              Path path = folder.resolve(word.equals("DIR") ? "" : word);
              boolean named = Files.exists(path) || word.matches("none.*|x(\\.json)?|text/.*");
              return named && !word.startsWith("-") ? path.toString() : word;
            })
        .toList();
  }

  @Test
  void whatMayNotBeReadIsNamed() throws IOException {
    Path file = folder.resolve("text");
    assumeThat(file.toFile().setReadable(false)).isTrue();
    assumeThat(Files.isReadable(file)).as("this user may read everything").isFalse();
    for (String command : List.of("masks", "run", "replay")) {
      assertThat(run(List.of(command, file.toString()))).isEqualTo(2);
      assertThat(err).contains("may not be read; change its permissions").hasLineCount(1);
    }
  }
}
