package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.data.Manifest;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrepareCommandTest {
  // One piece a letter, so the counts below can be worked out by hand.
  private static final String TOKENIZER =
      """
      {"version": "1.0", "added_tokens": [
        {"id": 0, "content": "</s>", "single_word": false, "lstrip": false, "rstrip": false,
         "normalized": false, "special": true}],
       "model": {"type": "BPE", "vocab": {"</s>": 0, "a": 1, "b": 2}, "merges": []}}
      """;

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void writeInput() throws IOException {
    Files.createDirectories(folder.resolve("model"));
    Files.writeString(folder.resolve("model/tokenizer.json"), TOKENIZER);
    Files.writeString(folder.resolve("model/tokenizer_config.json"), "{\"eos_token\": \"</s>\"}");
    Files.createDirectories(folder.resolve("corpus/web"));
    Files.writeString(
        folder.resolve("corpus/web/train.jsonl"), "{\"text\": \"abab\"}\n".repeat(10));
    Files.writeString(folder.resolve("corpus/web/eval.jsonl"), "{\"text\": \"bb\"}\n".repeat(8));
  }

  private int run(String... arguments) {
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  private int prepare(String... more) {
    var arguments =
        new ArrayList<>(
            List.of(
                "prepare",
                "--tokenizer",
                folder.resolve("model").toString(),
                "--seq-len",
                "8",
                "--out",
                folder.resolve("data").toString()));
    arguments.addAll(List.of(more));
    return run(arguments.toArray(String[]::new));
  }

  @Test
  void preparesShowsAndVerifies() throws IOException {
    assertThat(prepare("--input", folder.resolve("corpus").toString())).isZero();
    assertThat(out.toString())
        // 10 documents of 4 tokens and an end mark: 50 tokens, 6 sequences of 8.
        .containsPattern("web +train +10 +6 +50 +0\\.80 ")
        // 8 documents of 2 tokens and an end mark: 24 tokens, 3 sequences.
        .containsPattern("web +eval +8 +3 +24 +0\\.67 ");
    assertThat(err.toString()).isEmpty();

    Path json = folder.resolve("data.json");
    assertThat(
            run("data", folder.resolve("data").toString(), "--verify", "--json", json.toString()))
        .isZero();
    assertThat(out.toString()).contains("verified: all ");
    assertThat(Json.read(json, Manifest.class).domains()).hasSize(1);

    Path shard = folder.resolve("data/web/train-00000.npy");
    byte[] bytes = Files.readAllBytes(shard);
    bytes[bytes.length - 1] ^= 1;
    Files.write(shard, bytes);
    assertThat(run("data", folder.resolve("data").toString(), "--verify")).isEqualTo(2);
    assertThat(err.toString()).startsWith("drprune: ").contains("train-00000.npy").hasLineCount(1);
  }

  @Test
  void withoutSparkItIsSaidWhatToAdd() {
    String[] arguments = {
      "spark-prepare",
      "--master",
      "local[2]",
      "--tokenizer",
      folder.resolve("model").toString(),
      "--input",
      folder.resolve("corpus").toString(),
      "--seq-len",
      "8",
      "--out",
      folder.resolve("data").toString()
    };
    assertThat(run(arguments)).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("drprune: spark-prepare: Spark is not on the class path")
        .contains("SPARK_HOME")
        .hasLineCount(1);
    assertThat(folder.resolve("data")).doesNotExist();
  }

  @Test
  void domainsNamedByRecords() throws IOException {
    Path mixed = Files.createDirectories(folder.resolve("mixed")).resolve("train.jsonl");
    Files.writeString(
        mixed,
        """
        {"text": "abab", "meta": {"set": "PubMed Central"}}
        {"meta": {"set": "web"}, "text": "bb"}
        """
            .repeat(10));
    String[] field = {"--domain-field", "meta.set", "--eval-fraction", "0"};
    assertThat(prepare("--input", mixed.toString(), field[0], field[1], field[2], field[3]))
        .isZero();
    assertThat(out.toString())
        // 10 documents of 4 tokens and an end mark, 10 of 2.
        .containsPattern("PubMed Central +train +10 +6 +50 ")
        .containsPattern("web +train +10 +3 +30 ");
    assertThat(prepare("--domain", "a=" + mixed, field[0], field[1])).isEqualTo(2);
    assertThat(err.toString()).contains("drprune: --domain-field: the input names the domains");
  }

  @Test
  void domainsOneByOne() {
    assertThat(
            prepare(
                "--domain",
                "x:train=" + folder.resolve("corpus/web/train.jsonl"),
                "--domain",
                "x:eval=" + folder.resolve("corpus/web/eval.jsonl")))
        .isZero();
    assertThat(out.toString()).containsPattern("x +train +10 ").containsPattern("x +eval +8 ");
  }

  @Test
  void mistakesAreOneLineAndCodeTwo() {
    assertThat(prepare("--input", folder.resolve("none").toString())).isEqualTo(2);
    assertThat(err.toString()).contains("none: not a folder").hasLineCount(1);
    assertThat(run("data", folder.toString())).isEqualTo(2);
    assertThat(prepare()).isEqualTo(2);
    assertThat(err.toString()).contains("--input");
  }
}
