package io.github.drprune.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.demo.DemoTokenizer;
import io.github.drprune.error.UserException;
import io.github.drprune.io.ByteSize;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.model.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file of answers goes on only with what began it. */
class AnswersTest {
  private static final Generation HOW = new Generation(2, Sampling.GREEDY, 1);

  @TempDir private Path folder;
  private Path model;
  private Path prompts;
  private Path out;

  @BeforeEach
  void beginAFile() throws IOException {
    Path tokenizer = Files.createDirectory(folder.resolve("tokenizer"));
    DemoTokenizer.write(tokenizer);
    var config =
        ConfigReader.parse(
            """
            {"model_type": "llama", "hidden_size": 16, "num_attention_heads": 4,
             "num_hidden_layers": 1, "intermediate_size": 24, "vocab_size": 258,
             "max_position_embeddings": 512}
            """,
            "config.json");
    model = folder.resolve("model");
    try (var random = ModelLoader.random(config, TinyModels.FIXED, 3)) {
      ModelWriter.save(random, model, tokenizer, Optional.empty(), ByteSize.parse("1GB"));
    }
    prompts =
        Files.write(
            folder.resolve("prompts.jsonl"), List.of("{\"prompt\": \"a\"}", "{\"prompt\": \"b\"}"));
    out = folder.resolve("answers.jsonl");
    answer("alpaca", Precision.FP32);
  }

  private void answer(String template, Precision precision) throws IOException {
    var options = ModelOptions.inference(LibTorch.device("cpu"), Optional.of(precision));
    try (var chat = Chat.load(model, options, Optional.of(template))) {
      Answers.write(chat, prompts, out, model, HOW, 1, _ -> {});
    }
  }

  private void assertRefused(String template, Precision precision, String message)
      throws IOException {
    String before = Files.readString(out);
    assertThatThrownBy(() -> answer(template, precision))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("out: " + out)
        .hasMessageContaining(message)
        .hasMessageEndingWith("; delete it or choose another file");
    assertThat(out).hasContent(before);
  }

  @Test
  void goesOnWithTheSameAndRefusesEverythingElse() throws IOException {
    String whole = Files.readString(out);
    assertThat(whole.lines()).hasSize(2);
    Files.writeString(out, whole.lines().findFirst().orElseThrow() + "\n");

    Path template =
        Files.writeString(
            folder.resolve("own.jinja"), "{% for m in messages %}{{ m.content }}{% endfor %}");
    assertRefused(template.toString(), Precision.FP32, "of other settings");
    assertRefused("alpaca", Precision.BF16, "precision=fp32");

    Path weights = model.resolve("model.safetensors");
    FileTime time = Files.getLastModifiedTime(weights);
    Files.setLastModifiedTime(weights, FileTime.fromMillis(time.toMillis() + 5000));
    assertRefused("alpaca", Precision.FP32, "of other settings");
    Files.setLastModifiedTime(weights, time);

    answer("alpaca", Precision.FP32);
    assertThat(out).hasContent(whole.strip());
  }

  @Test
  void aFileOfAnEarlierVersionIsNotGoneOnWith() throws IOException {
    Files.writeString(out, Files.readString(out).replaceAll(" precision=[^\"]*", ""));
    assertRefused("alpaca", Precision.FP32, "did not note template and precision");
  }

  @Test
  void aCrashInTheFirstLineIsGoneOnFromAndAnothersTextIsKept() throws IOException {
    String whole = Files.readString(out);
    Files.writeString(out, whole.substring(0, whole.indexOf('\n') - 1));
    answer("alpaca", Precision.FP32);
    assertThat(out).hasContent(whole.strip());

    Files.writeString(out, "{\"precious\":1}");
    assertThatThrownBy(() -> answer("alpaca", Precision.FP32))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("holds no answers of this program");
    assertThat(out).hasContent("{\"precious\":1}");
  }

  @Test
  void otherPromptsAreTold() throws IOException {
    Files.writeString(prompts, "{\"prompt\": \"c\"}\n");
    assertRefused("alpaca", Precision.FP32, ":1 answers another prompt");
  }
}
