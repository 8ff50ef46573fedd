package io.github.drprune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.demo.DemoCorpus;
import io.github.drprune.demo.DemoTokenizer;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ModelShape;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every example, one after the other, from text to a smaller model. */
class ExamplesTest {
  @TempDir private Path folder;

  private interface Program {
    void main(String... args) throws Exception;
  }

  private String at(String name) {
    return folder.resolve(name).toString();
  }

  private static String printed(Program program, String... args) throws Exception {
    PrintStream out = System.out;
    var printed = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      program.main(args);
    } finally {
      System.setOut(out);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }

  @Test
  void fromTextToASmallerModel() throws Exception {
    DemoCorpus.write(folder.resolve("corpus"), 60_000, 5);
    DemoTokenizer.write(Files.createDirectories(folder.resolve("tokenizer")));

    assertThat(printed(PrepareText::main, at("tokenizer"), at("corpus"), at("data"), "64"))
        .containsPattern("code: 1[0-9],\\d{3} tokens\n")
        .hasLineCount(5);

    assertThat(
            printed(
                TrainModel::main,
                at("data"),
                at("source"),
                "steps=2",
                "evaluation_sequences=1",
                "shape.hidden_size=32",
                "shape.layers=2",
                "shape.heads=2",
                "shape.intermediate_size=48",
                "shape.tokenizer=" + at("tokenizer")))
        // Of 258 tokens a new model knows nothing: log 258 = 5.55.
        .containsPattern("step 1: loss 5\\.[4-7]")
        .contains("trained to " + at("source/model"));

    assertThat(
            printed(
                PruneModel::main,
                at("source/model"),
                at("data"),
                at("pruned"),
                "steps=3",
                // The masks are to be applied to the checkpoint again.
                "hidden_basis=source",
                "evaluation_sequences=1",
                "target.hidden_size=16",
                "target.layers=1",
                "target.heads=1",
                "target.intermediate_size=24"))
        .contains("step 0: loss", "step 3: loss", "pruned to " + at("pruned/model"));

    // 258 x 16 twice for embedding and head, 4 x 16 x 16 + 3 x 16 x 24 in the layer, 3 norms.
    assertThat(printed(CutByMasks::main, at("source/model"), at("pruned/masks.json"), at("again")))
        .startsWith("10,480 of ");
    assertThat(CheckpointCheck.of(folder.resolve("again")).shape())
        .isEqualTo(new ModelShape(16, 1, 1, 1, 24));

    assertThat(printed(EvaluateModels::main, at("data"), at("source/model"), at("pruned/model")))
        .containsPattern("source/model: perplexity 2\\d\\d\\.\\d\\d\n")
        .contains("pruned/model: perplexity ")
        .hasLineCount(2);

    assertThat(printed(LoadAndGenerate::main, at("source/model"), "the old "))
        .startsWith("the old ")
        .hasSizeGreaterThan("the old ".length() + 10);
  }
}
