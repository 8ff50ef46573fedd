package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.io.ByteSize;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.nn.Kernels;
import io.github.drprune.prune.GroupPolicy;
import io.github.drprune.prune.Importance;
import io.github.drprune.prune.MaskValues;
import io.github.drprune.prune.ScoredBy;
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

/** {@code cut} and {@code masks} from outside. */
class CutCommandTest {
  private static final ModelShape TARGET = new ModelShape(12, 2, 2, 2, 10);

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private static ModelSpec config(String family, int hidden) {
    return ConfigReader.parse(
        """
        {"model_type": "%s", "hidden_size": %d, "num_hidden_layers": 3, "head_dim": 4,
         "num_attention_heads": 4, "intermediate_size": 20, "vocab_size": 11}\
        """
            .formatted(family, hidden),
        "test");
  }

  @BeforeEach
  void writeModelAndMasks() throws IOException {
    write("16", config("llama", 16));
    write("20", config("llama", 20));
  }

  private void write(String name, ModelSpec spec) throws IOException {
    var options =
        new ModelOptions(LibTorch.device("cpu"), Precision.FP32, false, Kernels.REFERENCE);
    try (var _ = NativeScope.open();
        var model = ModelLoader.random(spec, options, 1)) {
      ModelWriter.save(
          model, folder.resolve("m" + name), folder, Optional.empty(), ByteSize.parse("1GB"));
      var batch = Tensors.of(new long[] {1, 5, 3, 9}, 1, 4);
      MaskValues masks =
          Importance.masks(
              model, List.of(batch), TARGET, GroupPolicy.KV_GROUP, ScoredBy.ACTIVATIONS);
      masks.write(folder.resolve("masks" + name + ".json"));
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
  void cutsAgainFromTheFile() throws IOException {
    String figures = at("figures.json");
    assertThat(
            run(
                "cut",
                at("m16"),
                "--masks",
                at("masks16.json"),
                "--out",
                at("cut"),
                "--json",
                figures))
        .isZero();
    assertThat(CheckpointCheck.of(folder.resolve("cut")).shape()).isEqualTo(TARGET);
    assertThat(out.toString()).contains("2 layers, hidden 12, 2 heads, intermediate 10");
    assertThat(Json.tree(Files.readString(Path.of(figures)), figures).at("/result/layers").asInt())
        .isEqualTo(2);
  }

  @Test
  void refusesInOneLineAndLeavesNothing() {
    assertThat(run("cut", at("m16"), "--masks", at("masks20.json"), "--out", at("cut")))
        .isEqualTo(2);
    assertThat(err.toString())
        .contains("masks: made for another model: its hidden size is 20, this model's is 16")
        .hasLineCount(1);
    assertThat(run("cut", at("m16"), "--masks", at("masks16.json"), "--out", at("m20")))
        .isEqualTo(2);
    assertThat(err.toString()).contains("m20: exists already");
    assertThat(
            run("cut", at("m16"), "--masks", at("masks16.json"), "--out", at("c"), "--dtype", "I8"))
        .isEqualTo(2);
    assertThat(folder.resolve("cut")).doesNotExist();
  }

  @Test
  void saysBeforeTheWorkWhatLlamaCppWillNotRun() throws IOException {
    write("-qwen2", config("qwen2", 16));
    assertThat(run("cut", at("m-qwen2"), "--masks", at("masks-qwen2.json"), "--out", at("cut")))
        .isZero();
    assertThat(err.toString())
        .startsWith("warning: hidden size 12 with 2 heads of 4: llama.cpp needs a qwen2")
        .hasLineCount(1);

    err.getBuffer().setLength(0);
    String[] shapes = {"plan", "shapes", at("m-qwen2"), "--parameters", "1000"};
    assertThat(run(shapes)).isZero();
    assertThat(err.toString()).isEmpty();
    assertThat(run(with(shapes, "--transformers-only"))).isZero();
    assertThat(err.toString())
        .matches("warning: shape (\\d, )*\\d: hidden size .* needs a qwen2 .*\\R");
  }

  private static String[] with(String[] arguments, String more) {
    return Stream.concat(Stream.of(arguments), Stream.of(more)).toArray(String[]::new);
  }

  @Test
  void showsMasksLayerByLayer() {
    assertThat(run("masks", at("masks16.json"))).isZero();
    assertThat(out.toString())
        .contains("model   3 layers, hidden 16, 4 heads (4 key/value), intermediate 20")
        .contains("result  2 layers, hidden 12, 2 heads (2 key/value), intermediate 10")
        .contains("hidden  12 of 16 units, mean mask 1.000");
    assertThat(out.toString().lines().filter(line -> line.matches("[0-2] .*"))).hasSize(3);
  }
}
