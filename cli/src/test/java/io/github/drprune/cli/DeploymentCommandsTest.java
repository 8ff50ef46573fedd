package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.demo.DemoTokenizer;
import io.github.drprune.io.ByteSize;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.model.NewModel;
import io.github.drprune.nn.Kernels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code export}, {@code inspect} of its files, {@code trim-vocabulary} and {@code latency}. */
class DeploymentCommandsTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void writeModel() throws IOException {
    DemoTokenizer.write(folder);
    var options =
        new ModelOptions(LibTorch.device("cpu"), Precision.FP32, false, Kernels.REFERENCE);
    for (int layers : new int[] {2, 4}) {
      var spec = NewModel.of("llama", new ModelShape(32, layers, 4, 2, 48), 320, 64);
      try (var _ = NativeScope.open();
          var model = ModelLoader.random(spec, options, 1)) {
        ModelWriter.save(
            model,
            folder.resolve("layers" + layers),
            folder,
            Optional.empty(),
            ByteSize.parse("1GB"));
      }
    }
  }

  private int run(String... arguments) {
    return Main.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }

  private String at(String name) {
    return folder.resolve(name).toString();
  }

  @Test
  void exportsAndShowsWhatItExported() {
    assertThat(run("export", at("layers2"), "--type", "q8_0", "--out", at("m.gguf"))).isZero();
    assertThat(out.toString()).contains("m.gguf: llama, ").contains("texts of up to 64 tokens");
    assertThat(err.toString()).contains("rows do not fill blocks of 32");
    assertThat(run("inspect", at("m.gguf"))).isZero();
    assertThat(out.toString())
        .contains("llama.embedding_length  32")
        .contains("tokenizer.ggml.tokens  320 values of type STRING")
        .contains("2 of type F16, 5 of type F32, 14 of type Q8_0");
  }

  /** What a file may be called goes by what is in it. */
  @Test
  void theSameExportMayBeRepeated() {
    for (int i = 0; i < 2; i++) {
      assertThat(run("export", at("layers2"), "--out", at("half.bin"))).as(err.toString()).isZero();
    }
  }

  @Test
  void damagedAndForeignFilesAreToldInOneLine() throws IOException {
    Files.writeString(folder.resolve("no.gguf"), "not at all");
    assertThat(run("inspect", at("no.gguf"))).isEqualTo(2);
    assertThat(err.toString()).contains("no.gguf: not a GGUF file").hasLineCount(1);
    assertThat(run("export", at("absent"), "--out", at("m.gguf"))).isEqualTo(2);
    assertThat(run("export", at("layers2"), "--out", at("none/m.gguf"))).isEqualTo(2);
    String weights = at("layers2/model.safetensors");
    assertThat(run("export", at("layers2"), "--out", weights)).isEqualTo(2);
    assertThat(err.toString()).contains("model.safetensors: holds other than a GGUF file");
    String notes = Files.writeString(folder.resolve("notes.txt"), "some text").toString();
    assertThat(run("export", at("layers2"), "--out", notes)).isEqualTo(2);
    assertThat(err.toString()).contains("notes.txt: holds other than a GGUF file");
    Files.delete(folder.resolve("layers2/tokenizer.json"));
    assertThat(run("export", at("layers2"), "--out", at("m.gguf"))).isEqualTo(2);
    assertThat(err.toString()).hasLineCount(6).contains("tokenizer.json: no such file");
    assertThat(folder.resolve("m.gguf")).doesNotExist();
  }

  @Test
  void trimsAndTellsWhatItCosts() throws IOException {
    Files.writeString(folder.resolve("text.txt"), "abc abd\n");
    assertThat(
            run(
                "trim-vocabulary",
                at("layers2"),
                "--corpus",
                at("text.txt"),
                "--coverage",
                "1",
                "--out",
                at("small"),
                "--json",
                at("trim.json")))
        .isZero();
    assertThat(CheckpointCheck.of(folder.resolve("small")).vocabularySize()).isEqualTo(258);
    assertThat(out.toString()).contains("258 of 320 tokens").contains("0.00%");
    assertThat(Json.tree(Files.readString(folder.resolve("trim.json")), "trim").path("coverage"))
        .hasToString("1.0");
    assertThat(
            run(
                "trim-vocabulary",
                at("layers2"),
                "--corpus",
                at("text.txt"),
                "--keep",
                "5",
                "--out",
                at("less")))
        .isEqualTo(2);
    assertThat(err.toString()).contains("--keep: 5 is less than the 258 tokens");
  }

  @Test
  void measuresModelsInTurn() throws IOException {
    assertThat(
            run(
                "latency",
                at("layers4"),
                at("layers2"),
                "--context",
                "8,16",
                "--batch",
                "1,3",
                "--generate",
                "4",
                "--rounds",
                "1",
                "--json",
                at("latency.json")))
        .isZero();
    assertThat(out.toString().lines().filter(line -> line.startsWith("batch"))).hasSize(4);
    var first = Json.tree(Files.readString(folder.resolve("latency.json")), "").at("/cases/0");
    assertThat(first.at("/speeds/0/speed_up").asDouble()).isEqualTo(1);
    assertThat(first.at("/speeds/0/prompt_rate").asDouble()).isPositive();
    // Half the layers, but the same head, which sees the last token alone.
    double layer = 2.0 * (32 * (32 + 16 + 16 + 32) + 3 * 32 * 48);
    double scores = 4.0 * 32 * (8 - 8 * 8 / 16.0);
    double head = 2.0 * 320 * 32;
    assertThat(first.at("/speeds/1/fewer_operations").asDouble())
        .isEqualTo((4 * 8 * (layer + scores) + head) / (2 * 8 * (layer + scores) + head));
  }

  /**
   * llama-bench itself is stood in for by a script that takes long, and leaves beside the file what
   * an export leaves that a signal ends.
   */
  @Test
  void llamaCppIsAskedOnlyForWhatItDoesAndItsFileGoesWithTheProgram() throws Exception {
    Path called = folder.resolve("called");
    Path bench = folder.resolve("llama-bench");
    Files.writeString(
        bench,
        """
        #!/bin/sh
        touch "$(dirname "$2")/.model.gguf.drprune.partial" '%s'
        exec sleep 10
        """
            .formatted(called));
    assertThat(bench.toFile().setExecutable(true)).isTrue();
    String engine = "llama.cpp=" + bench;
    assertThat(run("latency", at("layers2"), "--engine", engine, "--batch", "1,4")).isEqualTo(2);
    assertThat(err.toString()).contains("--batch: llama-bench runs one text at a time");
    assertThat(called).doesNotExist();

    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    try (var program = new Program(folder)) {
      var latency =
          program.start(
              "latency %s --engine %s".formatted(at("layers2"), engine),
              Map.of("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary));
      while (!Files.exists(called) && latency.process().isAlive()) {
        Thread.sleep(20);
      }
      assertThat(temporary)
          .as(latency::said)
          .isDirectoryRecursivelyContaining("glob:**/model.gguf")
          .isDirectoryRecursivelyContaining("glob:**.partial");
      latency.signal("TERM");
      latency.exit();
    }
    assertThat(temporary).isDirectoryNotContaining("glob:**/drprune*");
  }

  @Test
  void whyLlamaBenchEndsIsToldWithWhatToRun() throws IOException {
    Path bench = folder.resolve("llama-bench");
    Files.writeString(bench, "#!/bin/sh\necho loading >&2\necho 'error: no room' >&2\nexit 3\n");
    assertThat(bench.toFile().setExecutable(true)).isTrue();
    assertThat(run("latency", at("layers2"), "--engine", "llama.cpp=" + bench)).isEqualTo(2);
    assertThat(err.toString().lines().toList().getLast())
        .startsWith(
            "drprune: %s: ended with code 3 for %s: error: no room; run it by hand: drprune export"
                    .formatted(bench, at("layers2"))
                + " %s --type f16 --out model.gguf; %s -m model.gguf -r 1"
                    .formatted(at("layers2"), bench));
  }

  @Test
  void latencyRefusesWhatItCannotMeasure() {
    assertThat(run("latency", at("layers2"), "--context", "8,64")).isEqualTo(2);
    assertThat(run("latency", at("layers2"), "--engine", "other")).isEqualTo(2);
    assertThat(run("latency", at("layers2"), "--engine", "llama.cpp=" + at("absent"))).isEqualTo(2);
    assertThat(run("latency", at("layers2"), "--rounds", "0")).isEqualTo(2);
    assertThat(err.toString())
        .hasLineCount(4) // no line about a round with 8 before
        .contains("--context: 64 tokens and 32 generated exceed the model's 64 positions")
        .contains("--engine: 'other' is not known")
        .contains("absent: no such file")
        .contains("--rounds: must be at least 1");
  }
}
